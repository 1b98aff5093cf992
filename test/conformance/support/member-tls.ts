// What members that speak TLS show: a name of their own, by an authority of their own.
import { type Issued, TestAuthority } from '../../support/authority.js';

/** Who vouches for members. */
export const MEMBER_AUTHORITY: TestAuthority = new TestAuthority('members');

/** The name that all of them show. */
export const MEMBER_NAME = 'member.example.com';

/** Certificate and key of members. */
export const MEMBER_CERTIFICATE: Issued = MEMBER_AUTHORITY.issue({ names: [MEMBER_NAME] });
