from cards import Hook
from tests.charts import ASKED, D, Fact, a_request, assert_silent, assert_speaks, dispensed, failed, the_clinic

RULE = "ldn-dispatched-order-unreadable"


def sending(*facts: Fact, orders: list[str]):
    _, prefetch = a_request(*facts)
    context = {"patientId": "anna-example", "dispatchedOrders": orders, "performer": "Organization/1"}
    return the_clinic().answer(Hook.ORDER_DISPATCH, context, prefetch, ASKED, D, lambda: "x")


def an_order(number: str) -> Fact:
    drug = {"text": "lisinopril 10 mg tablet"}
    order = {"resourceType": "MedicationRequest", "id": number, "status": "active", "medicationCodeableConcept": drug}
    return Fact("medicationRequests", order)


def test_says_so_when_the_order_is_in_no_list() -> None:
    card = assert_speaks(sending(an_order("1"), orders=["MedicationRequest/2"]), RULE, "info")
    assert "the order being sent" in card["summary"]


def test_counts_several() -> None:
    orders = ["MedicationRequest/2", "MedicationRequest/3", "MedicationRequest/1"]
    assert "2 orders" in assert_speaks(sending(an_order("1"), orders=orders), RULE, "info")["summary"]


def test_stays_silent_when_it_is_there_even_if_it_is_of_no_interest() -> None:
    assert_silent(sending(an_order("1"), orders=["MedicationRequest/1"]))


def test_stays_silent_for_orders_of_other_things() -> None:
    assert_silent(sending(orders=["ServiceRequest/1", "DeviceRequest/2"]))


def test_names_the_list_that_failed() -> None:
    answer = sending(
        failed("medicationRequests"),
        dispensed("oxycodone 5 mg tablet", on=D - 2, days=5),
        orders=["MedicationRequest/1"],
    )
    assert "medication orders: could not be read" in assert_speaks(answer, RULE, "info")["detail"]
