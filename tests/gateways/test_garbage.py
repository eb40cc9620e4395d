import gc

from letmepost.gateways.garbage import exclude_loaded_objects


def test_existing_objects_are_excluded_from_garbage_collection() -> None:
    loaded: list[object] = [[]]
    try:
        exclude_loaded_objects()
        assert not any(found is loaded for found in gc.get_objects())
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
    assert any(found is loaded for found in gc.get_objects())
