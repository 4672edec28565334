// Whether a request may be sent again, as far as it depends on what the exchange has done.
#include "exchange/retries.hpp"

#include "unit/exchange/exchange_parts.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::exchange;
using namespace ferrotunnel::exchange::test;

namespace {

struct RetryParts : WiredParts {
    ResponseReader response{*edge};
    Placement placement{{at, record, timer, *this, *this}};
    Retries retries{{at, sender, placement, response}};
};

}  // namespace

TEST_CASE("retries: none without the whole copy, and none after an interim response") {
    RetryParts parts;
    CHECK(parts.retries.can_repeat());
    CHECK_FALSE(parts.retries.can_repeat(0));
    SECTION("without the copy") {
        parts.sender.forget_copy();
    }
    SECTION("after an interim response") {
        CHECK(parts.retries.count_interim());
    }
    CHECK_FALSE(parts.retries.can_repeat());
}

TEST_CASE("retries: a lost way is no fault of the backend, and may be met more often") {
    RetryParts parts;
    parts.round([&] {
        parts.request->context.method = http::Method::get;
        CHECK(parts.placement.open() == Placement::Result::pending);
        CHECK(parts.retries.may_repeat(lost_failure()));
        CHECK_FALSE(parts.retries.await_delivery_report());  // the connection is a new one: it had no time to be closed
        for (unsigned i = 1; i < lost_repeats_max; ++i) {
            parts.placement.record_retry(lost_failure());
            CHECK(parts.retries.may_repeat(lost_failure()));
        }
        parts.placement.record_retry(lost_failure());
        CHECK_FALSE(parts.retries.may_repeat(lost_failure()));
        CHECK(parts.edge->counters.retries == lost_repeats_max);
        parts.placement.drop(wire::Code::cancelled);
    });
}

TEST_CASE("limit: so many interim responses may come before an answer") {
    RetryParts parts;
    for (std::uint32_t i = 0; i < limits::http_interims_max; ++i) {
        CHECK(parts.retries.count_interim());
    }
    CHECK_FALSE(parts.retries.count_interim());
}
