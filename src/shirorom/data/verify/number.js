// What an IMEI is (3GPP TS 23.003 Annex B), which are for tests (GSMA TS.06), and how one is shown.

const TEST_RANGE = /^(?:0010(?:0[1-9]|1[0-7])|0044|0086)/;

/** Whether these are 15 digits whose check digit holds, and not one digit repeated. */
export const isImei = (digits) => {
  if (typeof digits !== "string" || !/^[0-9]{15}$/.test(digits) || /^(.)\1{13}/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < 15; i++) {
    const digit = Number(digits[i]);
    sum += i % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2;
  }
  return sum % 10 === 0;
};

/** The first 14 digits: what identifies the phone. */
export const keyOf = (imei) => imei.slice(0, 14);
export const isTestNumber = (imei) => TEST_RANGE.test(imei);

/** AA-BBBBBB-CCCCCC-D; masked, all but the last five digits are dots. */
export const shownImei = (imei, masked) => {
  const shown = masked ? "\u2022".repeat(10) + imei.slice(10) : imei;
  return `${shown.slice(0, 2)}-${shown.slice(2, 8)}-${shown.slice(8, 14)}-${shown[14]}`;
};
