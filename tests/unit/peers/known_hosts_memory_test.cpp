// What a host of another member costs a server in all: its entry in the table of claims, and its route.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cluster/claim_table.hpp"
#include "directory/http_directory.hpp"
#include "peers/claim_names.hpp"
#include "support/count_allocations.hpp"
#include "unit/cluster/table_values.hpp"
#include "unit/directory/idle_carrier.hpp"

using namespace ferrotunnel;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t known_hosts = 100'000;
constexpr std::uint64_t known_at_once = 512;  // that RemoteNames reports in one turn

// A host of 24 to 30 bytes.
std::string known_host(std::uint64_t number) {
    std::string host = "-" + std::to_string(100'000 + number) + ".dev.example.com";
    return host.insert(0, 24 + number % 7 - host.size(), 'a');
}

struct KnownHosts {
    void add_all() {
        for (std::uint64_t i = 0; i < known_hosts; ++i) {
            table.add(1, {cluster::Name::of_host(known_host(i), "/"), ferrotunnel::test::table_owner(i, i), i + 1});
        }
    }
    void route_all(const std::shared_ptr<directory::HttpService>& to, bool is_known) {
        for (std::uint64_t begin = 0; begin < known_hosts; begin += known_at_once) {
            now += 1ms;
            std::vector<directory::RemoteHost> hosts;
            for (std::uint64_t i = begin; i < std::min(begin + known_at_once, known_hosts); ++i) {
                hosts.push_back({known_host(i), "/", ferrotunnel::test::table_token(i), to, is_known});
            }
            REQUIRE(directory.set_remote(hosts, now) == 0);
        }
    }
    directory::HttpMatch::Kind find() { return directory.routes()->find(known_host(7), "/", now).kind; }

    cluster::ClaimTable table{3, ferrotunnel::test::table_seed};
    directory::HttpDirectory directory;
    std::shared_ptr<directory::HttpService> service =
        directory.remote_service({std::make_shared<directory::test::IdleCarrier>()});
    TimePoint now{1h};
};

}  // namespace

TEST_CASE("100,000 hosts known: at most 200 bytes each in the table and the directory together", "[large]") {
    using Kind = directory::HttpMatch::Kind;
    KnownHosts rig;
    constexpr auto most = static_cast<std::int64_t>(200 * known_hosts);
    const std::int64_t before = ferrotunnel::test::bytes_held();
    const auto held = [&] { return ferrotunnel::test::bytes_held() - before; };
    rig.add_all();
    const std::int64_t in_table = held();
    rig.route_all(rig.service, false);
    CAPTURE(in_table / std::int64_t{known_hosts}, held() / std::int64_t{known_hosts});
    CHECK(held() <= most);
    CHECK(rig.find() == Kind::service);
    rig.route_all(nullptr, true);         // their member is lost
    CHECK(held() <= most + 100 * 1'000);  // a moment for each batch
    CHECK(rig.find() == Kind::offline);
    rig.route_all(rig.service, false);
    CHECK(held() <= most);
    rig.route_all(nullptr, false);
    CHECK(rig.table.forget(1).size() == known_hosts);
    CHECK(held() < 1'000'000);  // the empty branches
    CHECK(rig.find() == Kind::unknown_host);
}
