// The services of a client by themselves: what a plan does, and what has room.
#include "api/service_entries.hpp"

#include <catch2/catch.hpp>

#include "api/engine_service.hpp"

namespace ferrotunnel {

namespace {

using detail::ServiceChange;
using detail::ServiceEntries;
using ChangeKind = ServiceChange::Kind;

Tcp tcp_to(const std::string& name, const std::string& local) {
    Tcp tcp(0, local);
    tcp.name = name;
    return tcp;
}

struct EntriesParts {
    std::vector<ChangeKind> apply(std::vector<AnyService> services) {
        problems.clear();
        ServiceEntries::Plan plan = entries.plan(std::move(services), problems);
        std::vector<ChangeKind> kinds;
        for (const ServiceChange& change : plan.changes) {
            kinds.push_back(change.kind);
        }
        if (problems.empty()) {
            outcome = entries.commit(plan);
        }
        return kinds;
    }
    std::vector<ChangeKind> switch_to(const std::string& name, bool enabled, bool remembers = true) {
        auto plan = entries.plan_switch(name, enabled, "root", remembers);
        REQUIRE(plan);
        std::vector<ChangeKind> kinds;
        for (const ServiceChange& change : plan->changes) {
            kinds.push_back(change.kind);
        }
        if (!kinds.empty()) {
            outcome = entries.commit(*plan);
        }
        return kinds;
    }
    std::uint32_t id_of(const std::string& name) const {
        for (const auto& [id, entry] : entries.all()) {
            if (entry.name == name) {
                return id;
            }
        }
        return 0;
    }

    metrics::ServiceCounters book;
    ServiceEntries entries{{[](const std::string& name, std::uint32_t) {
                                return std::make_shared<detail::ServiceState>(name, std::function<void()>());
                            },
                            [this](const std::string& name, wire::ServiceKind) {
                                return book.row({name, {}, "tcp"});
                            }}};
    std::vector<Problem> problems;
    ServiceEntries::Outcome outcome;
};

}  // namespace

TEST_CASE("service entries: a plan touches only what differs") {
    EntriesParts parts;
    CHECK(parts.apply({tcp_to("a", "22"), tcp_to("b", "23")}) == std::vector{ChangeKind::added, ChangeKind::added});
    CHECK(parts.outcome.added.size() == 2);
    const std::uint32_t a = parts.id_of("a");
    CHECK(parts.apply({tcp_to("a", "22"), tcp_to("b", "23")}).empty());
    CHECK(parts.apply({tcp_to("a", "24"), tcp_to("b", "23")}) == std::vector{ChangeKind::rebound});
    CHECK(parts.id_of("a") == a);
    CHECK(parts.outcome.closed.empty());
    Tcp other = tcp_to("a", "24");
    other.remote_port = 4711;
    CHECK(parts.apply({other, tcp_to("b", "23")}) == std::vector{ChangeKind::replaced});
    CHECK(parts.id_of("a") != a);
    CHECK(parts.outcome.closed == std::vector<std::string>{"a"});
    CHECK(parts.apply({other}) == std::vector{ChangeKind::removed});
    CHECK(parts.outcome.closed == std::vector<std::string>{"b"});
    CHECK(parts.entries.all().size() == 1);
}

TEST_CASE("service entries: a name that appears twice is a problem, and nothing changes") {
    EntriesParts parts;
    (void)parts.apply({tcp_to("a", "22"), tcp_to("a", "23")});
    CHECK_FALSE(parts.problems.empty());
    CHECK(parts.entries.all().empty());
}

TEST_CASE("service entries: a service that was switched off stays off unless that is kept elsewhere") {
    EntriesParts parts;
    const bool remembers = GENERATE(true, false);
    (void)parts.apply({tcp_to("a", "22")});
    CHECK(parts.switch_to("a", false, remembers) == std::vector{ChangeKind::off});
    CHECK(parts.outcome.closed == std::vector<std::string>{"a"});
    CHECK(parts.entries.is_switched_off("a") == remembers);
    CHECK(parts.switch_to("a", false, remembers).empty());
    CHECK(parts.apply({tcp_to("a", "22")}) == (remembers ? std::vector<ChangeKind>() : std::vector{ChangeKind::added}));
    CHECK(parts.entries.all().at(parts.id_of("a")).is_off() == remembers);
    if (remembers) {
        CHECK(parts.switch_to("a", true) == std::vector{ChangeKind::added});
        CHECK_FALSE(parts.entries.is_switched_off("a"));
    }
    CHECK_FALSE(parts.entries.plan_switch("b", true, "root", true));
}

TEST_CASE("service entries: what the application added stays where a plan does not have it") {
    EntriesParts parts;
    backend::ClientService service = detail::engine_service(tcp_to("own", "22"), false, parts.problems);
    detail::ServiceEntry entry;
    entry.state = parts.entries.prepare(service);
    entry.known = detail::KnownService{tcp_to("own", "22"), false};
    parts.entries.add(service, std::move(entry));
    CHECK(parts.apply({}).empty());
    CHECK(parts.entries.count_pending() == 1);
    CHECK(parts.entries.remove(service.id) == "own");
    CHECK_FALSE(parts.entries.remove(service.id));
}

TEST_CASE("service entries: a UDP service of the number of a TCP one is its twin") {
    EntriesParts parts;
    Udp udp;
    udp.name = "dns-udp";
    udp.local = "53";
    udp.with_tcp = "dns";
    (void)parts.apply({tcp_to("dns", "53"), udp});
    CHECK(parts.entries.twins_of("dns") == std::vector<std::string>{"dns-udp"});
    CHECK(parts.entries.twins_of("dns-udp").empty());
}

}  // namespace ferrotunnel
