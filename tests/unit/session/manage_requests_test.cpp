#include "session/manage_requests.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace ferrotunnel;
using namespace ferrotunnel::session;

namespace {

struct Told {
    std::vector<std::pair<std::uint16_t, std::string>> all;

    ManageRequests::Done done() {
        return [this](std::uint16_t status, const std::string& text) { all.emplace_back(status, text); };
    }
};

constexpr TimePoint start = TimePoint{} + std::chrono::hours(1);

}  // namespace

TEST_CASE("an answer goes to whoever has asked, once") {
    ManageRequests requests;
    Told one, other;
    const auto first = requests.begin("first", start, one.done());
    const auto second = requests.begin("second", start, other.done());
    REQUIRE(first);
    REQUIRE(second);
    CHECK(first->text == "first");
    CHECK(first->request != second->request);
    requests.answered({second->request, 200, "{}"});
    requests.answered({second->request, 404, "{}"});
    requests.answered({second->request + 1, 404, "{}"});
    CHECK(one.all.empty());
    CHECK(other.all == decltype(other.all){{200, "{}"}});
    requests.give_up();
    REQUIRE(one.all.size() == 1);
    CHECK(one.all[0].first == 0);
    CHECK(other.all.size() == 1);
}

TEST_CASE("limit: so many requests wait for a client, until it is too late for their answers") {
    ManageRequests requests;
    Told told;
    for (std::size_t i = 0; i < limits::manage_requests_max; ++i) {
        REQUIRE(requests.begin("", start, told.done()));
    }
    CHECK_FALSE(requests.begin("", start + limits::manage_timeout, told.done()));
    CHECK(told.all.size() == 1);  // the one that found no room
    const auto late = requests.begin("", start + limits::manage_timeout + Duration(1), told.done());
    REQUIRE(late);
    requests.answered({late->request - 1, 200, "{}"});  // nobody waits for it any more
    CHECK(told.all.size() == 1);
    requests.answered({late->request, 200, "{}"});
    CHECK(told.all.size() == 2);
}
