"""The same two questions as a file of every format, and files that are broken, or hold more than a bank can."""

import base64
import io
import json
import zipfile
from typing import Any, Final

from shared.exchange.images import image_of

PNG: Final = image_of(
    base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==")
)
PNG_ADDRESS: Final = f"data:image/png;base64,{base64.b64encode(PNG.data).decode()}"

# Of the two questions: the stem, the options, and the texts of the right ones.
RHYTHM: Final = ("Which rhythm is irregular?", ("Sinus rhythm", "Atrial fibrillation", "Atrial flutter"))
VALVE: Final = ("Which valve has two leaflets?", ("The aortic valve", "The mitral valve"))
RIGHT: Final = ("Atrial fibrillation", "The mitral valve")

GIFT: Final = """::rhythm::Which rhythm is irregular? {
~Sinus rhythm
=Atrial fibrillation
~Atrial flutter
}

::valve::Which valve has two leaflets? {
~The aortic valve
=The mitral valve
}
"""
GIFT_WITH_ESSAY: Final = f"{GIFT}\n::essay::Describe the heart. {{}}\n"  # its line is 12
BROKEN_GIFT: Final = f"{GIFT}\n::open::A question without an end {{\n=Yes\n~No\n"  # line 12

AIKEN: Final = """Which rhythm is irregular?
A. Sinus rhythm
B. Atrial fibrillation
C. Atrial flutter
ANSWER: B

Which valve has two leaflets?
A. The aortic valve
B. The mitral valve
ANSWER: B
"""
BROKEN_AIKEN: Final = f"{AIKEN}\nWhich one?\nA. This\nB. That\nANSWER: C\n\nAnd which?\nA. This\n"  # lines 15 and 17


def question_xml(name: str, stem: str, options: tuple[str, ...], right: str, files: str = "") -> str:
    """A choice question as Moodle writes it, on one line."""
    answers = "".join(
        f'<answer fraction="{100 if text == right else 0}" format="html"><text>{text}</text></answer>'
        for text in options
    )
    return (
        f'<question type="multichoice"><name><text>{name}</text></name>'
        f'<questiontext format="html"><text><![CDATA[{stem}]]></text>{files}</questiontext>'
        f"<single>true</single>{answers}</question>"
    )


def quiz(*questions: str) -> str:
    """A Moodle XML file: each question on a line of its own, the first on line 3."""
    return '<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n{}\n</quiz>\n'.format("\n".join(questions))


ESSAY_XML: Final = (
    '<question type="essay"><name><text>essay</text></name>'
    '<questiontext format="html"><text>Describe the heart.</text></questiontext></question>'
)
QUESTIONS_XML: Final = (question_xml("rhythm", *RHYTHM, RIGHT[0]), question_xml("valve", *VALVE, RIGHT[1]))
MOODLE: Final = quiz(*QUESTIONS_XML)
MOODLE_WITH_ESSAY: Final = quiz(*QUESTIONS_XML, ESSAY_XML)  # its line is 5
BROKEN_MOODLE: Final = MOODLE.replace("</quiz>", "</quizz>")  # line 5
MOODLE_WITH_IMAGE: Final = quiz(
    question_xml(
        "picture",
        '<p>What is this?</p><img src="@@PLUGINFILE@@/dot.png" alt="A dot">',
        ("A dot", "A line"),
        "A dot",
        f'<file name="dot.png" path="/" encoding="base64">{base64.b64encode(PNG.data).decode()}</file>',
    )
)
BOMB: Final = (
    '<?xml version="1.0"?>\n<!DOCTYPE quiz [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {each} "{f"&{before};" * 10}">' for before, each in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>\n<quiz><question>&i;</question></quiz>"
)


def item(name: str, stem: str, options: tuple[str, ...], right: str) -> str:
    """A choice question as a QTI 2.1 item that scores by match_correct."""
    choices = "".join(
        f'<simpleChoice identifier="{chr(ord("A") + place)}">{text}</simpleChoice>'
        for place, text in enumerate(options)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="{name}" title="{name}"
 adaptive="false" timeDependent="false">
 <responseDeclaration identifier="RESPONSE" cardinality="single" baseType="identifier">
  <correctResponse><value>{chr(ord("A") + options.index(right))}</value></correctResponse>
 </responseDeclaration>
 <outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>
 <itemBody>
  <choiceInteraction responseIdentifier="RESPONSE" shuffle="true" maxChoices="1">
   <prompt>{stem}</prompt>{choices}
  </choiceInteraction>
 </itemBody>
 <responseProcessing template="http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct"/>
</assessmentItem>
"""


RHYTHM_ITEM: Final = item("rhythm", *RHYTHM, RIGHT[0])
VALVE_ITEM: Final = item("valve", *VALVE, RIGHT[1])
ESSAY_ITEM: Final = """<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="essay" title="">
 <itemBody><extendedTextInteraction responseIdentifier="RESPONSE"/></itemBody>
</assessmentItem>
"""
BROKEN_ITEM: Final = RHYTHM_ITEM.replace("</itemBody>", "</body>")  # line 12
PICTURE_ITEM: Final = item("picture", '<img src="dot.png" alt="A dot"/>', ("A dot", "A line"), "A dot")


def package(**files: str | bytes) -> bytes:
    """A QTI content package of items by their names, `.xml` understood, with a manifest that lists them."""
    resources = "".join(
        f'<resource identifier="r-{name}" type="imsqti_item_xmlv2p1" href="{name}.xml"><file href="{name}.xml"/>'
        "</resource>"
        for name, content in files.items()
        if isinstance(content, str)
    )
    manifest = (
        '<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" identifier="m"><organizations/>'
        f"<resources>{resources}</resources></manifest>"
    )
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("imsmanifest.xml", manifest)
        for name, content in files.items():
            archive.writestr(f"{name}.xml" if isinstance(content, str) else name, content)
    return written.getvalue()


PACKAGE: Final = package(rhythm=RHYTHM_ITEM, valve=VALVE_ITEM)
PACKAGE_WITH_IMAGE: Final = package(picture=PICTURE_ITEM, **{"dot.png": PNG.data})


def question_json(name: str, stem: str, options: tuple[str, ...], right: str) -> dict[str, Any]:
    """A choice question as the API takes it."""
    return {
        "question_id": name,
        "objective": 1,
        "kind": "single",
        "stem": stem,
        "options": [
            {"option_id": chr(ord("a") + place), "text": text, "correct": text == right}
            for place, text in enumerate(options)
        ],
    }


JSON_QUESTIONS: Final = [question_json("rhythm", *RHYTHM, RIGHT[0]), question_json("valve", *VALVE, RIGHT[1])]
JSON_BANK: Final = json.dumps({"questions": JSON_QUESTIONS}, indent=1)
BROKEN_JSON: Final = JSON_BANK.replace('"objective": 1,', '"objective": ,', 1)  # line 5
JSON_WITH_IMAGE: Final = json.dumps(
    {"questions": [question_json("picture", f'<img src="{PNG_ADDRESS}" alt="A dot">', ("A dot", "A line"), "A dot")]}
)


def told(bank: Any) -> list[tuple[str, set[str], set[str]]]:
    """What the questions of a bank's JSON are, whatever a format calls them: stem, options, right options."""
    return [
        (
            question["stem"],
            {option["text"] for option in question["options"]},
            {option["text"] for option in question["options"] if option["correct"]},
        )
        for question in bank["questions"]
    ]


TWO_QUESTIONS: Final = [(RHYTHM[0], set(RHYTHM[1]), {RIGHT[0]}), (VALVE[0], set(VALVE[1]), {RIGHT[1]})]
