"""A small label in SPL, written for the tests."""

from __future__ import annotations

SET_ID = "11111111-2222-4333-8444-555555555555"


def spl(
    *, title: str = "<title>ZEMOX (zemoxine) tablets<br/>Initial U.S. Approval: 1999</title>", body: str = "", before: str = ""
) -> bytes:
    """The label's XML; `body` are further sections, `before` stands before the root."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>{before}
<document xmlns="urn:hl7-org:v3">
  <id root="99999999-2222-4333-8444-555555555555"/>
  {title}
  <effectiveTime value="20240131"/>
  <setId root="{SET_ID.upper()}"/>
  <versionNumber value="7"/>
  <author><assignedEntity><representedOrganization><name>Testmaker, Inc.</name></representedOrganization></assignedEntity></author>
  <component><structuredBody>
    <component><section>
      <code code="48780-1"/>
      <subject><manufacturedProduct><manufacturedProduct>
        <name>Zemox</name><formCode displayName="TABLET"/>
        <asEntityWithGeneric><genericMedicine><name>zemoxine</name></genericMedicine></asEntityWithGeneric>
        <ingredient classCode="ACTIB">
          <quantity><numerator value="10" unit="mg"/><denominator value="1" unit="1"/></quantity>
          <ingredientSubstance><code code="AAA1111111"/><name>ZEMOXINE SULFATE</name>
            <activeMoiety><activeMoiety><code code="BBB2222222"/><name>ZEMOXINE</name></activeMoiety></activeMoiety>
          </ingredientSubstance>
        </ingredient>
        <ingredient classCode="IACT"><ingredientSubstance><name>LACTOSE</name></ingredientSubstance></ingredient>
      </manufacturedProduct></manufacturedProduct></subject>
    </section></component>
    <component><section>
      <code code="34068-7"/><title>2 DOSAGE AND<br/>ADMINISTRATION</title>
      <text><paragraph>Take one tablet
        daily.</paragraph><list><item>with <content styleCode="bold">water</content></item><item><caption>b)</caption>never chewed</item></list></text>
      <excerpt><highlight><text><paragraph>One tablet daily (2)</paragraph></text></highlight></excerpt>
      <component><section><code code="42229-5"/><title>2.1 Kidneys</title>
        <text><table><caption>Table 1</caption><tbody><tr><td>below 30<footnote ID="f">mL/min</footnote></td><td>5 mg</td></tr></tbody>
        <thead><tr><th>Clearance</th><th>Dose</th></tr></thead></table>
        <paragraph>At most 2 x 10<sup>6</sup> units/m<sup>2</sup>.<br/>Ask<footnoteRef IDREF="f"/>.<renderMultiMedia referencedObject="x"/></paragraph></text>
      </section></component>
    </section></component>
    {body}
  </structuredBody></component>
</document>""".encode()
