"""What importing and exporting files refuses."""

from typing import ClassVar

from core import errors


class FileKindRefused(errors.Unsupported):
    """The file is not what its name says, holds macros, or is of no kind that is read."""

    code: ClassVar[str] = "ORG_FILE_KIND_REFUSED"
    message: ClassVar[str] = "不接受该文件：{reason}"


class FileTooLarge(errors.TooLarge):
    """The file, or what it unpacks to, is beyond what is read."""

    code: ClassVar[str] = "ORG_FILE_TOO_LARGE"
    message: ClassVar[str] = "文件过大：{reason}"


class FileUnreadable(errors.Invalid):
    """The file is damaged, protected, empty or built to do harm."""

    code: ClassVar[str] = "ORG_FILE_UNREADABLE"
    message: ClassVar[str] = "无法读取文件：{reason}"


class ColumnsIncomplete(errors.Invalid):
    """A field that no row can do without has no column, or two fields have the same."""

    code: ClassVar[str] = "ORG_COLUMNS_INCOMPLETE"
    message: ClassVar[str] = "列的对应不完整：{reason}"


class ImportNotFound(errors.NotFound):
    """No such import, or none over which the actor holds the right."""

    code: ClassVar[str] = "ORG_IMPORT_NOT_FOUND"
    message: ClassVar[str] = "找不到该导入"


class ImportNotNow(errors.Conflict):
    """The import is at another step."""

    code: ClassVar[str] = "ORG_IMPORT_NOT_NOW"
    message: ClassVar[str] = "该导入{state}，不能进行此操作"


class ImportFaulty(errors.Conflict):
    """A file that is taken as the whole truth must be right in every row."""

    code: ClassVar[str] = "ORG_IMPORT_FAULTY"
    message: ClassVar[str] = "全量同步要求所有行都正确，请改正 {faults} 处错误后重新上传"


class ImportChangesNothing(errors.Conflict):
    """The file says what is known already."""

    code: ClassVar[str] = "ORG_IMPORT_CHANGES_NOTHING"
    message: ClassVar[str] = "没有需要导入的变动"


class ImportEndsMany(errors.Conflict):
    """More than a twentieth of a unit would end, and nobody has said that this is meant."""

    code: ClassVar[str] = "ORG_IMPORT_ENDS_MANY"
    message: ClassVar[str] = "将结束的人数超过限度，请确认后再导入"


class ImportStale(errors.Conflict):
    """What the plan was made from has changed since."""

    code: ClassVar[str] = "ORG_IMPORT_STALE"
    message: ClassVar[str] = "检查之后数据已有变动，未导入任何内容，请重新检查"


class ImportCancelled(errors.Conflict):
    """Somebody cancelled the import before it was committed."""

    code: ClassVar[str] = "ORG_IMPORT_CANCELLED"
    message: ClassVar[str] = "导入已取消，未作任何变动"


class ExportNotFound(errors.NotFound):
    """No such export, or none over which the actor holds the right."""

    code: ClassVar[str] = "ORG_EXPORT_NOT_FOUND"
    message: ClassVar[str] = "找不到该导出"


class ExportNotReady(errors.Conflict):
    """The file is not written yet, or was cleared away."""

    code: ClassVar[str] = "ORG_EXPORT_NOT_READY"
    message: ClassVar[str] = "文件{state}，不能下载"
