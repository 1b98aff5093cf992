// A group of members behind one question: `acquire`.
export class Pool {}
