// The codings that Node's zlib has, at speeds that suit answers made on the fly.
import zlib from 'node:zlib';
import type { CompressionAlgorithm } from '../../../spec/http-features-config.js';

/** A stream that compresses what is written to it. */
export type CodingStream = zlib.BrotliCompress | zlib.Gzip;

/** One read of a member gives about so much; larger pieces cost memory, smaller ones writes. */
const CHUNK_BYTES = 16_384;
const GZIP_LEVEL = 6;
/** The default, 11, is for files that are compressed once: a hundred times slower. */
const BROTLI_QUALITY = 4;
const ZSTD_LEVEL = 3;

/** zstd came with Node 22.15; the types of Node 20 do not know it. */
interface ZstdModule {
  createZstdCompress?(options: object): CodingStream;
  zstdCompressSync?(bytes: Buffer, options: object): Buffer;
}
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every field is looked for before it is used
const zstd = zlib as unknown as ZstdModule & {
  readonly constants: Readonly<Record<string, number>>;
};

const GZIP = { level: GZIP_LEVEL, chunkSize: CHUNK_BYTES };

/** A stream for one answer. */
export function createCodingStream(algorithm: CompressionAlgorithm): CodingStream {
  switch (algorithm) {
    case 'br':
      return zlib.createBrotliCompress(brotliOptions());
    case 'zstd':
      if (zstd.createZstdCompress !== undefined) return zstd.createZstdCompress(zstdOptions());
      break;
    default:
  }
  return zlib.createGzip(GZIP);
}

/** A whole body at once; blocks, so it is for small ones. */
export function compressAtOnce(algorithm: CompressionAlgorithm, bytes: Buffer): Buffer {
  switch (algorithm) {
    case 'br':
      return zlib.brotliCompressSync(bytes, brotliOptions(bytes.length));
    case 'zstd':
      if (zstd.zstdCompressSync !== undefined) return zstd.zstdCompressSync(bytes, zstdOptions());
      break;
    default:
  }
  return zlib.gzipSync(bytes, GZIP);
}

/** What makes a stream give out all that it has taken: the reader must not wait for more to come. */
export function flushKind(algorithm: CompressionAlgorithm): number {
  switch (algorithm) {
    case 'br':
      return zlib.constants.BROTLI_OPERATION_FLUSH;
    case 'zstd':
      return zstd.constants['ZSTD_e_flush'] ?? zlib.constants.Z_SYNC_FLUSH;
    default:
      return zlib.constants.Z_SYNC_FLUSH;
  }
}

function brotliOptions(size = 0): zlib.BrotliOptions {
  const { constants } = zlib;
  return {
    chunkSize: CHUNK_BYTES,
    params: {
      [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      ...(size > 0 && { [constants.BROTLI_PARAM_SIZE_HINT]: size }),
    },
  };
}

function zstdOptions(): object {
  return {
    chunkSize: CHUNK_BYTES,
    params: { [zstd.constants['ZSTD_c_compressionLevel'] ?? 100]: ZSTD_LEVEL },
  };
}
