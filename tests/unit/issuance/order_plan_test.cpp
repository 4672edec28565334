#include "issuance/order_plan.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "issuance/configured_names.hpp"
#include "issuance/limits.hpp"

namespace ferrotunnel::issuance {
namespace {

using acme::Way;
using ProblemKind = acme::Problem::Kind;
using Ways = std::vector<Way>;

acme::Problem planned_problem(ProblemKind kind) {
    acme::Problem problem;
    problem.kind = kind;
    return problem;
}

acme::Identifiers names_of_test(std::initializer_list<const char*> texts) {
    acme::Identifiers names;
    for (const char* text : texts) {
        names.push_back(*acme::read_identifier(text));
    }
    return names;
}

TEST_CASE("ways that cannot work are not tried", "[issuance]") {
    Settings settings;
    const auto name = names_of_test({"a.example.test"});
    const auto wildcard = names_of_test({"example.test", "*.example.test"});
    const auto address = names_of_test({"192.0.2.1"});
    CHECK(usable_ways(settings, name) == Ways{Way::dns_persist_01});
    settings.has_http = true;
    settings.has_https = true;
    CHECK(usable_ways(settings, name) == Ways{Way::tls_alpn_01, Way::http_01, Way::dns_persist_01});
    CHECK(usable_ways(settings, wildcard) == Ways{Way::dns_persist_01});
    CHECK(usable_ways(settings, address) == Ways{Way::tls_alpn_01, Way::http_01});
    settings.dns_command = {"/bin/true"};
    CHECK(usable_ways(settings, wildcard) == Ways{Way::dns_persist_01, Way::dns_01});
    settings.ways = {Way::dns_01, Way::http_01};
    CHECK(usable_ways(settings, name) == Ways{Way::dns_01, Way::http_01});
}

TEST_CASE("limit: a way that has failed is tried last for a while", "[issuance]") {
    const WallTime now{std::chrono::seconds(1'800'000'000)};
    const Ways ways{Way::tls_alpn_01, Way::http_01, Way::dns_01};
    const auto failed_at = [&](WallTime time) { return failed_last(ways, {{Way::tls_alpn_01, time}}, now); };
    CHECK(failed_at(now) == Ways{Way::http_01, Way::dns_01, Way::tls_alpn_01});
    CHECK(failed_at(now - limits::failed_way_age + std::chrono::seconds(1)).back() == Way::tls_alpn_01);
    CHECK(failed_at(now - limits::failed_way_age) == ways);
    CHECK(failed_at(now + std::chrono::seconds(1)) == ways);  // the clock was set back
    CHECK(failed_last(ways, {{Way::tls_alpn_01, now}, {Way::http_01, now}}, now) ==
          Ways{Way::dns_01, Way::tls_alpn_01, Way::http_01});
}

TEST_CASE("after a failed validation the other ways are tried, at the same CA", "[issuance]") {
    OrderPlan plan({"one", "two"}, {Way::tls_alpn_01, Way::http_01});
    plan.failed(planned_problem(ProblemKind::validation), Way::tls_alpn_01);
    REQUIRE(plan.has_next());
    CHECK(plan.ca() == "one");
    CHECK(plan.ways() == Ways{Way::http_01});
    plan.failed(planned_problem(ProblemKind::validation), Way::http_01);
    CHECK_FALSE(plan.has_next());
}

TEST_CASE("a CA that is down, limits or refuses is followed by the next one, with all ways", "[issuance]") {
    for (const ProblemKind kind : {ProblemKind::unreachable, ProblemKind::overdue, ProblemKind::limited,
                                   ProblemKind::account, ProblemKind::refused, ProblemKind::wrong_chain}) {
        OrderPlan plan({"one", "two"}, {Way::tls_alpn_01, Way::http_01});
        plan.failed(planned_problem(ProblemKind::validation), Way::tls_alpn_01);
        plan.failed(planned_problem(kind), {});
        REQUIRE(plan.has_next());
        CHECK(plan.ca() == "two");
        CHECK(plan.ways() == Ways{Way::tls_alpn_01, Way::http_01});
        plan.failed(planned_problem(kind), {});
        CHECK_FALSE(plan.has_next());
    }
}

TEST_CASE("a failure here ends the attempt, unless it is one way's", "[issuance]") {
    OrderPlan plan({"one", "two"}, {Way::dns_01, Way::http_01});
    plan.failed(planned_problem(ProblemKind::local), Way::dns_01);
    CHECK(plan.ways() == Ways{Way::http_01});
    plan.failed(planned_problem(ProblemKind::local), {});
    CHECK_FALSE(plan.has_next());
}

TEST_CASE("a way that does not work for a name is not tried at another CA, either", "[issuance]") {
    OrderPlan plan({"one", "two"}, {Way::dns_persist_01, Way::http_01});
    plan.remove(Way::dns_persist_01);
    plan.next_ca();
    CHECK(plan.ways() == Ways{Way::http_01});
}

TEST_CASE("the domain has its wildcard if a way for wildcards may work", "[issuance]") {
    Settings settings;
    settings.domain = "tunnel.example.test";
    settings.names = names_of_test({"a.example.test", "*.other.example.test", "tunnel.example.test"});
    std::vector<std::string> unusable;
    const auto all = configured_names(settings, unusable);
    REQUIRE(all.size() == 4);
    CHECK(all[0].name == "*.tunnel.example.test");
    CHECK(all[0].names.size() == 2);
    CHECK(all[1].name == "tunnel.example.test");
    CHECK_FALSE(all[1].is_explicit);
    CHECK(all[2].name == "a.example.test");
    CHECK(all[2].is_explicit);
    CHECK(all[3].name == "*.other.example.test");
    CHECK(unusable.empty());

    settings.ways = {Way::http_01, Way::dns_01};
    const auto single = configured_names(settings, unusable);
    REQUIRE(single.size() == 2);
    CHECK(single[0].name == "tunnel.example.test");
    CHECK(unusable == std::vector<std::string>{"*.other.example.test"});
    settings.dns_command = {"/bin/true"};
    CHECK(can_have_wildcards(settings));
}

TEST_CASE("the domain is not ordered alone, too, if DNS is the only way", "[issuance]") {
    Settings settings;
    settings.domain = "tunnel.example.test";
    settings.ways = {Way::dns_persist_01};
    std::vector<std::string> unusable;
    const auto both = configured_names(settings, unusable);
    REQUIRE(both.size() == 1);
    CHECK(both[0].name == "*.tunnel.example.test");

    settings.names = names_of_test({"tunnel.example.test"});  // the operator wants it nevertheless
    const auto listed = configured_names(settings, unusable);
    REQUIRE(listed.size() == 2);
    CHECK(listed[1].is_explicit);
}

}  // namespace
}  // namespace ferrotunnel::issuance
