// Old names of the interface for plugins in C++, which compile until 0.3. Only this file uses them.
#include <catch2/catch.hpp>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "ferrotunnel/plugin_testing.hpp"
#include "ferrotunnel/plugin_testing_session.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace ferrotunnel::test {
namespace {

/// Written before 0.2.
class OldPlugin final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{.name = "old", .version = "1"};

    plugin::Decision on_connect(plugin::Visit& visit) override {
        return visit.later(
            [](plugin::LaterOf<plugin::Visit> later) { std::move(later).decide(plugin::Decision::refuse("later")); });
    }
    plugin::Decision on_login(plugin::Login& login) override {
        return login.trunk() == 2 && login.trunks() == 3 ? plugin::Decision::go_on() : plugin::Decision::refuse("no");
    }
    plugin::Decision on_request(plugin::Exchange&) override {
        log(FT_LOG_WARN, "an old line");
        return plugin::Decision::go_on();
    }
};

}  // namespace

TEST_CASE("old names of plugins have the effect of the new ones", "[old-names]") {
    static_assert(std::is_same_v<plugin::Visit, plugin::Visitor>);
    {
        auto chain = plugin::TestChain::of<OldPlugin>();
        CHECK(chain.request().passed());
        const std::vector<std::string> lines = chain.log();
        REQUIRE(lines.size() == 1);
        CHECK(lines[0].find("an old line") != std::string::npos);
    }
    auto sessions = plugin::TestSessions::of<OldPlugin>();
    CHECK(sessions.login({.connection = 2, .connections = 3}).accepted());
    CHECK(sessions.login({.connection = 1, .connections = 3}).refused());
    plugin::TestQuestion visit = sessions.visit();
    visit.wait();
    CHECK(visit.words() == "later");
}

}  // namespace ferrotunnel::test

#pragma GCC diagnostic pop
