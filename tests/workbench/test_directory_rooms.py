"""通讯录, 工作群: who sees which, and who opens one."""

from tests.factories import Province

HTMX = {"HX-Request": "true"}


def test_the_head_of_a_unit_opens_its_conversation_from_the_directory(province: Province) -> None:
    unit_id = province.unit("西湖区民政局")
    head = province.client("王伟民")
    path = f"/directory/units/{unit_id}/rooms/"
    assert path in head.get(f"/directory/?unit={unit_id}").content.decode()
    offered = head.get(path, headers=HTMX).content.decode()
    assert "本单位及内设机构人员" in offered
    assert "本单位及所有下级人员" in offered
    done = head.post(path, {"scope": "subtree", "title": ""}, headers=HTMX)
    assert (done.status_code, done["HX-Redirect"].split("=")[0]) == (204, "/messages/?conversation")
    again = head.get(path, headers=HTMX).content.decode()
    assert "西湖区民政局工作群" in again
    assert again.count('type="radio"') == 1


def test_whoever_is_in_none_and_may_open_none_sees_no_button(province: Province) -> None:
    unit_id = province.unit("西湖区民政局")
    stranger = province.client("林上城")
    path = f"/directory/units/{unit_id}/rooms/"
    assert path not in stranger.get(f"/directory/?unit={unit_id}").content.decode()
    refused = stranger.post(path, {"scope": "subtree"}, headers=HTMX)
    assert refused.status_code == 422
    assert 'type="radio"' not in refused.content.decode()


def test_a_choice_that_is_none_is_refused(province: Province) -> None:
    path = f"/directory/units/{province.unit('西湖区民政局')}/rooms/"
    refused = province.client("王伟民").post(path, {"scope": "everybody"}, headers=HTMX)
    assert refused.status_code == 422
