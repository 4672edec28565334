// What the control API and the metrics have about certificates from CAs.
#include "api/acme_report.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "api/acme_control.hpp"
#include "api/limits.hpp"

using namespace ferrotunnel;
using admin::Json;
using issuance::NameStatus;

namespace {

issuance::WallTime seconds_since_1970(int seconds) {
    return issuance::WallTime(std::chrono::seconds(seconds));
}

issuance::Status three_names() {
    issuance::Status status;
    NameStatus valid;
    valid.name = "a.test";
    valid.state = NameStatus::State::valid;
    valid.certificate_authority = "ca.test";
    valid.way = "http-01";
    valid.not_after = seconds_since_1970(9'000);
    valid.next = seconds_since_1970(6'000);
    NameStatus ordering;
    ordering.name = "b.test";
    ordering.state = NameStatus::State::ordering;
    NameStatus waiting;
    waiting.name = "c.test";
    waiting.next = seconds_since_1970(60);
    waiting.failures = 2;
    waiting.problem = "no route";
    waiting.is_at_staging = true;
    status.names = {valid, ordering, waiting};
    status.accounts = {{"https://ca.test/directory", "https://ca.test/acct/1"}, {"https://other.test/directory", {}}};
    status.orders = 7;
    status.failures = 2;
    return status;
}

const Json waiting_row{{"name", "c.test"}, {"state", "waiting"},    {"next", 60},
                       {"failures", 2},    {"problem", "no route"}, {"staging", true}};

}  // namespace

TEST_CASE("names with problems come first, and members without a value are absent", "[acme]") {
    CHECK(detail::json_of_acme(three_names()) ==
          Json{{"names", Json::array({waiting_row,
                                      Json{{"name", "a.test"},
                                           {"state", "valid"},
                                           {"certificate_authority", "ca.test"},
                                           {"way", "http-01"},
                                           {"expires", 9'000},
                                           {"next", 6'000}},
                                      Json{{"name", "b.test"}, {"state", "ordering"}}})},
               {"accounts",
                Json::array({Json{{"directory", "https://ca.test/directory"}, {"url", "https://ca.test/acct/1"}},
                             Json{{"directory", "https://other.test/directory"}}})},
               {"orders", 7},
               {"failures", 2}});
}

TEST_CASE("a status has the numbers of names, and ten with problems", "[acme]") {
    issuance::Status status = three_names();
    const auto problems = Json::array({waiting_row});
    CHECK(detail::acme_summary(status) ==
          Json{{"valid", 1}, {"ordering", 1}, {"waiting", 1}, {"optional", 0}, {"problems", problems}});
    while (status.names.size() < limits::acme_problems_listed_max + 2) {
        status.names.push_back(status.names.at(2));
    }
    CHECK(detail::acme_summary(status).at("problems").size() == limits::acme_problems_listed_max);
    status.names.push_back(status.names.at(2));
    CHECK(detail::acme_summary(status).at("problems").size() == limits::acme_problems_listed_max);
    CHECK(detail::acme_summary(status).at("waiting") == limits::acme_problems_listed_max + 1);
}

TEST_CASE("whether DNS has a record is only there if it is known", "[acme]") {
    CHECK(detail::json_of_records({{"_v.a.test", "ca", true, {}, {}}, {"_v.b.test", "ca", {}, "no server", {}}}) ==
          Json{{"records", Json::array({Json{{"name", "_v.a.test"}, {"value", "ca"}, {"present", true}},
                                        Json{{"name", "_v.b.test"}, {"value", "ca"}, {"problem", "no server"}}})}});
}

TEST_CASE("other values of a record are only there if there are some", "[acme]") {
    CHECK(
        detail::json_of_records({{"_v.a.test", "ca", false, {}, {"other"}}}) ==
        Json{{"records",
              Json::array({Json{
                  {"name", "_v.a.test"}, {"value", "ca"}, {"present", false}, {"others", Json::array({"other"})}}})}});
}

TEST_CASE("an optional name has its text, and is not among the problems", "[acme]") {
    issuance::Status status = three_names();
    NameStatus optional;
    optional.name = "*.d.test";
    optional.state = NameStatus::State::optional;
    optional.problem = "no record";
    optional.attempts = 2;
    status.names.insert(status.names.begin(), optional);
    const Json names = detail::json_of_acme(status).at("names");
    CHECK(names.at(0) == waiting_row);
    CHECK(names.at(1) == Json{{"name", "*.d.test"}, {"state", "optional"}, {"attempts", 2}, {"problem", "no record"}});
    CHECK(detail::acme_summary(status).at("problems") == Json::array({waiting_row}));
    CHECK(detail::acme_summary(status).at("optional") == 1);
}

TEST_CASE("each state of names is a series", "[acme]") {
    metrics::Exposition to(metrics::Format::prometheus);
    detail::put(to, three_names());
    const std::string text = std::move(to).finish();
    for (const char* line :
         {"\nferrotunnel_acme_orders_total 7\n", "\nferrotunnel_acme_failures_total 2\n",
          "\nferrotunnel_acme_names{state=\"valid\"} 1\nferrotunnel_acme_names{state=\"ordering\"} 1\n"
          "ferrotunnel_acme_names{state=\"waiting\"} 1\nferrotunnel_acme_names{state=\"optional\"} 0\n"}) {
        CAPTURE(text, line);
        CHECK(text.find(line) != std::string::npos);
    }
}

TEST_CASE("limit: a caller waits for CAs for so long", "[acme]") {
    const TimePoint now{std::chrono::hours(1)};
    const auto later = std::make_shared<admin::LaterAnswer>();
    const admin::Answer answer = detail::wait_for_ca(later, now);
    CHECK_FALSE(answer.later(now + limits::acme_answer_time - std::chrono::milliseconds(1)));
    const auto late = answer.later(now + limits::acme_answer_time);
    REQUIRE(late);
    CHECK(late->status == 504);
    CHECK_THAT(late->body.dump(), Catch::Contains("90 s"));
    later->give({200, Json{{"changed", true}}});
    CHECK(answer.later(now)->status == 200);
}
