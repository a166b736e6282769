import pytest

from tools.pdf.language import guess_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The board of the company has approved the budget, and it is to be paid in the year.", "en"),
        ("Le conseil de la commune a voté le budget pour les années et il est dans une annexe.", "fr"),
        ("Der Rat hat den Haushalt für das Jahr beschlossen, und die Stadt ist nicht dagegen.", "de"),
        ("El consejo de la ciudad y los vecinos, por una parte, es lo que se votó en las juntas.", "es"),
        ("Il consiglio della città non è nel palazzo, ma anche gli altri sono per la piazza.", "it"),
        ("O conselho da cidade não foi pelo orçamento dos anos, mas também pela rua e uma casa.", "pt"),
        ("De raad van de stad heeft het budget niet voor dit jaar en een deel wordt door ons.", "nl"),
        ("海关决定对当事人科处罚款人民币45000元。", "zh"),
        ("これはひらがなとカタカナのテキスト", ""),
        ("12,450 33,120 Total 4", ""),
        ("", ""),
    ],
    ids=["en", "fr", "de", "es", "it", "pt", "nl", "zh", "ja", "numbers", "nothing"],
)
def test_languages_are_guessed(text: str, language: str) -> None:
    """A sentence is enough to tell the languages apart; what is unsure stays open."""
    assert guess_language(text) == language
