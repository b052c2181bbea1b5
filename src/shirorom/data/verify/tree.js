// The log's tree: leaf and node hashes (RFC 6962 §2.1), inclusion (RFC 9162 §2.1.3.2), commitments (log-format.md).
import { bigEndian, bytesOf, concat, equal, sha256 } from "./bytes.js";

/** The hash of an entry's bytes as a leaf. */
export const leafOf = (entry) => sha256(concat(Uint8Array.of(0), entry));
const nodeOf = (left, right) => sha256(concat(Uint8Array.of(1), left, right));

/** Whether the proof (hashes, nearest the leaf first) leads from the leaf at the index to the root of this size. */
export const included = async (leaf, index, size, proof, root) => {
  if (index >= size) return false;
  let node = leaf;
  let [fn, sn] = [index, size - 1]; // may pass 2^31: no bit operators
  const half = () => ([fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)]);
  for (const sibling of proof) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      node = await nodeOf(sibling, node);
      while (fn % 2 === 0 && fn !== 0) half();
    } else {
      node = await nodeOf(node, sibling);
    }
    half();
  }
  return sn === 0 && equal(node, root);
};

/** The commitment that an opening makes in the log of this name: seven parts, each behind its length. */
export const commitmentOf = (origin, { counter, previous, salt, key, statement }) => {
  const parts = [
    bytesOf("shirorom/commitment/v1"),
    bytesOf(origin),
    bigEndian(counter, 8),
    previous,
    salt,
    bytesOf(key),
    bytesOf(statement),
  ];
  return sha256(concat(...parts.flatMap((part) => [bigEndian(part.length, 4), part])));
};
