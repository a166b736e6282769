import pytest

from tools.evidence import EvidenceRule, judge_evidence

RULE = EvidenceRule()


def test_an_empty_collection_is_told_from_one_without_a_match() -> None:
    """Whoever asks learns whether there is nothing to search or nothing to find."""
    nothing = judge_evidence(RULE, chunks=0, passages=0, coverage=0.0, similarity=None)
    no_match = judge_evidence(RULE, chunks=5, passages=0, coverage=0.0, similarity=None)

    assert (nothing, no_match) == ("empty_collection", "no_match")


@pytest.mark.parametrize("similarity", [None, 1.0], ids=["without-vectors", "with-vectors"])
def test_a_passage_that_holds_all_is_evidence(similarity: float | None) -> None:
    """The best possible signs are enough, whether or not vectors are there yet."""
    assert judge_evidence(RULE, chunks=5, passages=2, coverage=1.0, similarity=similarity) is None


@pytest.mark.parametrize("similarity", [None, 0.0], ids=["without-vectors", "with-vectors"])
def test_a_passage_that_holds_nothing_is_a_weak_match(similarity: float | None) -> None:
    """Passages that lack what the question turns on are no evidence."""
    assert judge_evidence(RULE, chunks=5, passages=2, coverage=0.0, similarity=similarity) == "weak_match"


def test_more_signs_never_make_evidence_weaker() -> None:
    """Once the signs are enough, stronger ones are enough too."""
    steps = [step / 20 for step in range(21)]
    enough = {
        (coverage, similarity): judge_evidence(RULE, chunks=1, passages=1, coverage=coverage, similarity=similarity)
        is None
        for coverage in steps
        for similarity in steps
    }

    assert all(
        enough[more, similar] and enough[coverage, more]
        for (coverage, similar), fine in enough.items()
        if fine
        for more in steps
        if more >= max(coverage, similar)
    )


@pytest.mark.parametrize("similarity", [None, 0.0, 0.5])
def test_the_lenient_rule_leaves_the_judgement_to_the_model(similarity: float | None) -> None:
    """With a model that can judge for itself, any passage will do, but there must be one."""
    rule = EvidenceRule.lenient()

    assert judge_evidence(rule, chunks=5, passages=1, coverage=0.0, similarity=similarity) is None
    assert judge_evidence(rule, chunks=5, passages=0, coverage=0.0, similarity=similarity) == "no_match"
