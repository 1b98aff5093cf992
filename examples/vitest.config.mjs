// Only the examples that are tests.
export default { test: { include: ['*.test.mjs'] } };
