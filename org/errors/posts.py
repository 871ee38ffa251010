"""What is refused about the posts of units."""

from typing import ClassVar

from core import errors


class PostNotFound(errors.NotFound):
    """No such post, or none that the actor may know of."""

    code: ClassVar[str] = "ORG_POST_NOT_FOUND"
    message: ClassVar[str] = "找不到该岗位"


class PostTitleTaken(errors.Conflict):
    """The unit has a post of this title."""

    code: ClassVar[str] = "ORG_POST_TITLE_TAKEN"
    message: ClassVar[str] = "该组织已有名为“{title}”的岗位"


class PostDiffers(errors.Conflict):
    """The unit's post of this title has another function or rank: change them there."""

    code: ClassVar[str] = "ORG_POST_DIFFERS"
    message: ClassVar[str] = (
        "岗位“{title}”的性质或位次与所填不同，请在岗位中修改，或使用其他职务名称"
    )


class PostInUse(errors.Conflict):
    """Somebody holds the post, or held it: history names it."""

    code: ClassVar[str] = "ORG_POST_IN_USE"
    message: ClassVar[str] = "该岗位有任职记录，不能删除"
