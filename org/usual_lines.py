"""The lines of work that most provinces have, and how the names of their units end."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class UsualLine:
    """A line to be founded, and the endings of names by which units are found for it."""

    code: str
    name: str
    endings: tuple[str, ...]


USUAL_LINES: Final = (
    UsualLine("development", "发展改革", ("发展和改革委员会", "发展和改革局")),
    UsualLine("education", "教育", ("教育厅", "教育局", "教育体育局")),
    UsualLine("science", "科技", ("科学技术厅", "科学技术局")),
    UsualLine("industry", "经信", ("经济和信息化厅", "经济和信息化局")),
    UsualLine("police", "公安", ("公安厅", "公安局", "公安分局")),
    UsualLine("civil_affairs", "民政", ("民政厅", "民政局")),
    UsualLine("justice", "司法行政", ("司法厅", "司法局")),
    UsualLine("finance", "财政", ("财政厅", "财政局")),
    UsualLine("human_resources", "人社", ("人力资源和社会保障厅", "人力资源和社会保障局")),
    UsualLine(
        "natural_resources",
        "自然资源",
        ("自然资源厅", "自然资源局", "自然资源和规划局", "自然资源分局"),
    ),
    UsualLine("environment", "生态环境", ("生态环境厅", "生态环境局", "生态环境分局")),
    UsualLine("housing", "住建", ("住房和城乡建设厅", "住房和城乡建设局", "城乡建设委员会")),
    UsualLine("transport", "交通运输", ("交通运输厅", "交通运输局")),
    UsualLine("agriculture", "农业农村", ("农业农村厅", "农业农村局")),
    UsualLine("commerce", "商务", ("商务厅", "商务局")),
    UsualLine("health", "卫健", ("卫生健康委员会", "卫生健康局")),
    UsualLine("veterans", "退役军人", ("退役军人事务厅", "退役军人事务局")),
    UsualLine("emergency", "应急管理", ("应急管理厅", "应急管理局")),
    UsualLine("audit", "审计", ("审计厅", "审计局")),
    UsualLine("market", "市场监管", ("市场监督管理局",)),
    UsualLine("statistics", "统计", ("统计局",)),
    UsualLine("medical_insurance", "医保", ("医疗保障局",)),
    UsualLine("petitions", "信访", ("信访局",)),
)
