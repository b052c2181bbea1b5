"""The usual words of Japanese POS exports and hand-made sheets: headings of columns, names of statuses.

Pure data. All are written plain (`export_columns.plain`): no width, case, blank or punctuation. The most telling first.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

from shirorom.domain.desk.stock import Status


class Field(StrEnum):
    """What a column can be; the names are those that `--map` takes."""

    KEY = "key"
    IMEI = "imei"
    STATUS = "status"
    STORE = "store"
    PERSON = "person"
    MODEL = "model"
    PRICE = "price"
    COST = "cost"
    BOUGHT_ON = "bought_on"
    SOLD_ON = "sold_on"
    RECEIPT = "receipt"
    WARRANTY = "warranty"
    COVERED_UNTIL = "covered_until"


HEADINGS: Mapping[Field, tuple[str, ...]] = {
    Field.KEY: (
        "管理番号", "管理no", "管理コード", "管理id", "在庫番号", "在庫no", "在庫id", "在庫コード", "在庫管理番号",
        "個体番号", "個体管理番号", "商品管理番号", "stockkey", "stockid", "stockno", "stock", "sku", "skuコード",
        "itemid", "inventoryid", "unitid", "商品コード", "商品番号", "商品id", "key", "id",
    ),
    Field.STATUS: (
        "ステータス", "在庫状況", "在庫状態", "在庫区分", "販売状況", "販売状態", "状況", "status", "状態", "区分",
    ),
    Field.STORE: (
        "店舗", "店舗名", "店名", "在庫店舗", "販売店舗", "拠点", "支店", "store", "shop", "branch", "location",
    ),
    Field.PERSON: ("担当", "担当者", "担当者名", "販売担当", "買取担当", "スタッフ", "person", "staff", "clerk"),
    Field.COVERED_UNTIL: (
        "保証期限", "保証終了日", "保証満了日", "保証期間終了日", "赤ロム保証期限", "赤ロム保証終了日", "保証有効期限",
        "warrantyuntil", "warrantyend", "warrantyexpires", "covereduntil", "赤ロム保証",
    ),
    Field.WARRANTY: ("保証", "保証内容", "保証種別", "保証条件", "保証期間", "保証区分", "warranty"),
    Field.PRICE: (
        "販売価格", "販売額", "販売金額", "売価", "売値", "店頭価格", "税込価格", "売上金額", "price", "saleprice",
        "sellingprice", "価格",
    ),
    Field.COST: (
        "仕入価格", "仕入額", "仕入金額", "仕入値", "仕入原価", "原価", "買取価格", "買取金額", "買取額", "cost",
        "costprice", "purchaseprice",
    ),
    Field.BOUGHT_ON: (
        "仕入日", "買取日", "入荷日", "仕入年月日", "買取年月日", "仕入日付", "入庫日", "boughton", "purchasedate",
        "purchasedon", "receivedon",
    ),
    Field.SOLD_ON: (
        "販売日", "売上日", "販売年月日", "売却日", "売上年月日", "売上日付", "販売日付", "出荷日", "soldon",
        "solddate", "saledate",
    ),
    Field.RECEIPT: (
        "レシート番号", "レシートno", "伝票番号", "伝票no", "売上番号", "販売番号", "取引番号", "注文番号", "receipt",
        "receiptno", "receiptnumber", "orderid", "orderno", "invoiceno",
    ),
    Field.MODEL: (
        "機種", "機種名", "商品名", "品名", "モデル", "モデル名", "端末名", "model", "product", "productname", "name",
    ),
}  # fmt: skip
"""In this order they choose: what is told apart with difficulty comes late. Numbers are found by the table's shape."""

NEVER = (
    "税抜",
    "税別",
    "外税",
    "ランク",
    "グレード",
    "備考",
    "メモ",
    "予定",
    "前回",
    "有無",
    "電話",
    "商品の状態",
    "外観",
)
"""A heading that holds one of these is not taken for a word that it only contains: a price without tax is no price."""

FREE_WORDS = frozenset({"無期限", "永久", "永年", "無制限", "期限なし", "unlimited", "lifetime", "forever"})
"""What stands for "no last day" in a column of last days."""
FREE_YEARS = ("9999", "2999")
"""How tables that know only days write "no last day"."""

_STATUS: Mapping[Status, tuple[str, ...]] = {
    Status.STOCK: (
        "在庫", "在庫中", "在庫あり", "在庫有", "在庫有り", "販売中", "出品中", "展示中", "店頭", "店頭在庫", "入荷",
        "入荷済", "入荷済み", "商品化中", "商品化待ち", "検品中", "検品済", "整備中", "取置", "取置中", "取り置き",
        "予約", "予約済", "移動中", "未販売", "未売", "stock", "instock", "in stock", "available", "on sale", "listed",
    ),
    Status.SOLD: (
        "販売済", "販売済み", "売却済", "売却済み", "売上", "売上済", "売上済み", "売済", "売り済", "販売完了",
        "売却完了", "出荷済", "出荷済み", "引渡済", "引渡済み", "sold", "sold out", "shipped", "delivered",
    ),
    Status.GONE: (
        "廃棄", "廃棄済", "廃棄済み", "返品", "返品済", "返品済み", "返送", "返送済", "返送済み", "取消", "取り消し",
        "取消済", "取消済み", "キャンセル", "削除", "除却", "紛失", "盗難", "業販", "業者販売", "対象外", "gone",
        "scrapped", "returned", "cancelled", "canceled", "void", "deleted",
    ),
}  # fmt: skip
_BY_WORD = {word: status for status, words in _STATUS.items() for word in words}


@lru_cache(maxsize=4_096)
def word(text: str) -> str:
    """A status as it is compared: without width, case and outer blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def status_of(text: str) -> Status | None:
    """What a usual word means; None: it is none."""
    return _BY_WORD.get(word(text))
