// What RouteWriter makes of names, and the part of the first worker.
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <system_error>
#include <thread>

#include "directory/http_service.hpp"
#include "peers/claim_names.hpp"
#include "peers/cluster_worker.hpp"
#include "peers/route_writer.hpp"
#include "peers/value_store.hpp"
#include "unit/peers/names_fixture.hpp"

namespace ferrotunnel::peers {
namespace {

using namespace std::chrono_literals;
using fixture::Indices;

struct LinesOf final : Logger {
    bool enabled(LogLevel) const noexcept override { return true; }
    void write(LogLevel, std::string_view message, std::initializer_list<LogField> fields) noexcept override {
        lines.emplace_back(message);
        for (const LogField& field : fields) {
            lines.back() += ' ' + std::string(field.key) + '=' + field.value;
        }
    }

    std::vector<std::string> lines;
};

// Directory and ports that record what they get.
struct Written {
    explicit Written(std::size_t ignored = 0)
        : writer({[this](const Indices& members) {
                      ++services_made;
                      directory::HttpDescription description;
                      description.hosts.emplace_back(std::to_string(members.size()));
                      return std::make_shared<directory::HttpService>(1, description, directory::ClientId{}, 1);
                  },
                  [](cluster::MemberIndex) { return nullptr; },
                  [this, ignored](const std::vector<directory::RemoteHost>& hosts) {
                      batches.push_back(hosts);
                      return ignored;
                  },
                  [this](const directory::RemotePort& port) {
                      ports.push_back(port);
                      return port.carriers.empty() ? std::error_code() : port_error;
                  },
                  [this](const cluster::Name& port, const std::optional<std::string>& why) {
                      reports.emplace_back(port.encoded(), why.value_or("it can"));
                  },
                  log}) {}

    void apply(const std::vector<RemoteName>& names) { writer.apply(names, TimePoint(1s)); }

    LinesOf log;
    std::vector<std::vector<directory::RemoteHost>> batches;
    std::vector<directory::RemotePort> ports;
    std::error_code port_error;
    std::vector<std::pair<std::string, std::string>> reports;
    int services_made = 0;
    RouteWriter writer;
};

RemoteName remote_name(const directory::ClaimName& name, Indices members, bool is_known = false) {
    return {*register_name(name), fixture::ann.first, fixture::ann.second, std::move(members), is_known};
}

TEST_CASE("Hosts of a batch are written in one change, with one service for the same members", "[names]") {
    Written written;
    written.apply({remote_name({"a.example.com", "/"}, {1}), remote_name({"b.example.com", "/b"}, {1, 2}),
                   remote_name(2222, {1}), remote_name({"c.example.com", "tls"}, {1}),
                   remote_name({"d.example.com", "/"}, {}, true), remote_name({"e.example.com", "/"}, {})});
    REQUIRE(written.batches.size() == 1);
    const std::vector<directory::RemoteHost>& hosts = written.batches.front();
    REQUIRE(hosts.size() == 5);
    CHECK(written.services_made == 2);
    CHECK(hosts[0].host == "a.example.com");
    CHECK(hosts[0].path == "/");
    CHECK(hosts[0].owner == fixture::ann.first);
    CHECK(hosts[0].service == hosts[2].service);
    CHECK(hosts[1].path == "/b");
    CHECK(hosts[1].service->description().hosts.front() == "2");
    CHECK(hosts[2].path == directory::tls_instead_of_path);
    CHECK_FALSE(hosts[3].service);
    CHECK(hosts[3].is_known);
    CHECK_FALSE(hosts[4].service);
    CHECK_FALSE(hosts[4].is_known);
    CHECK(written.log.lines.empty());

    written.apply({remote_name(2222, {1})});
    CHECK(written.batches.size() == 1);  // no hosts
}

TEST_CASE("Hosts that the directory does not route are logged", "[names]") {
    Written written(2);
    written.apply({remote_name({"a.example.com", "/"}, {1})});
    REQUIRE(written.log.lines.size() == 1);
    CHECK(written.log.lines.front() ==
          "hosts of other members are not routed here: too many paths, or another version's hosts=2");
}

TEST_CASE("Ports that cannot be opened here are collected, and logged once", "[names]") {
    Written written;
    const RemoteName tcp = remote_name(2222, {1, 2});
    const RemoteName udp = remote_name({53, directory::Transport::udp}, {1});
    written.apply({tcp, udp});
    REQUIRE(written.ports.size() == 2);
    CHECK(written.ports[0].port == 2222);
    CHECK(written.ports[0].transport == directory::Transport::tcp);
    CHECK(written.ports[0].owner == fixture::ann.first);
    CHECK(written.ports[0].party == fixture::ann.second);
    CHECK(written.ports[0].carriers.size() == 2);
    CHECK(written.ports[1].transport == directory::Transport::udp);
    CHECK_FALSE(written.writer.has_partial_ports());
    CHECK(written.reports.empty());

    written.port_error = std::make_error_code(std::errc::address_in_use);
    written.apply({tcp, udp});
    written.apply({tcp, udp});
    CHECK(written.writer.partial_ports() == std::set<cluster::Name>{tcp.name, udp.name});
    REQUIRE(written.log.lines.size() == 2);
    CHECK(written.log.lines.front() ==
          "this server cannot listen on a port of another member, which serves its own visitors only port=2222 "
          "transport=tcp error=" +
              written.port_error.message());

    // Each time, since a report ends by itself.
    const std::string busy = written.port_error.message();
    const std::vector<std::pair<std::string, std::string>> both{{"t2222", busy}, {"u53", busy}};
    CHECK(written.reports.size() == 4);
    CHECK(std::equal(both.begin(), both.end(), written.reports.begin() + 2));

    written.apply({remote_name(2222, {})});  // no member has it any more
    CHECK(written.writer.partial_ports() == std::set<cluster::Name>{udp.name});
    CHECK(written.reports.back() == std::pair<std::string, std::string>{"t2222", "it can"});
    written.port_error = {};
    written.apply({udp});
    CHECK(written.reports.back() == std::pair<std::string, std::string>{"u53", "it can"});
    CHECK_FALSE(written.writer.has_partial_ports());
}

template <typename Condition>
void wait_for_worker(const Condition& condition) {
    const TimePoint until = Clock::now() + 60s;
    while (!condition() && Clock::now() < until) {
        std::this_thread::yield();
    }
    REQUIRE(condition());
}

TEST_CASE("The first worker ticks the register, and writes routes", "[names]") {
    runtime::Worker worker;
    // The register's recovery ends in a moment, by a tick.
    const auto names = std::make_shared<RegisterDriver>(
        std::make_shared<cluster::Members>(std::vector<std::string>{"a", "b"}, "a"),
        cluster::Register::Start{1, 2, Clock::now() - cluster::limits::recovery_time + 50ms, 1'000'000'000'000},
        [] { return Clock::now(); });
    Written written;
    const auto writer =
        std::make_shared<RouteWriter>(RouteWriter::Needs{{},
                                                         {},
                                                         [](const auto&) { return std::size_t{0}; },
                                                         [](const auto&) { return std::error_code(); },
                                                         [](const cluster::Name&, const std::optional<std::string>&) {},
                                                         written.log});
    const auto itself = std::make_shared<ClusterWorker>(worker, names);
    std::atomic<std::size_t> applied{0};
    const auto routes = std::make_shared<RemoteNames>(
        names, [&] { itself->wake(); }, [&](const std::vector<RemoteName>& changed) { applied += changed.size(); });
    itself->set_routes(routes, writer);
    itself->set_values(std::make_shared<ValueStore>(names, [] {}));
    names->set_receivers({}, routes, [&] { itself->wake(); });
    CHECK(names->read([](const auto& of, TimePoint) { return of.is_recovering(); }));
    worker.start();
    itself->wake();
    wait_for_worker([&] { return !names->read([](const auto& of, TimePoint) { return of.is_recovering(); }); });
    routes->on_changed(*register_name(directory::ClaimName(2222)));
    wait_for_worker([&] { return applied == 1; });

    worker.stop();
    worker.join();
    itself->stop();
    routes->on_changed(*register_name(directory::ClaimName(2223)));  // claims may outlive the cluster
    CHECK(applied == 1);
}

}  // namespace
}  // namespace ferrotunnel::peers
