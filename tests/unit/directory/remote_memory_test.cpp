// What 100,000 hosts of other members cost the directory: memory, and allocations of the thread that applies them.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "directory/http_directory.hpp"
#include "support/count_allocations.hpp"
#include "unit/directory/clients.hpp"
#include "unit/directory/idle_carrier.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using directory::test::alice;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t many_hosts = 100'000;
constexpr std::size_t hosts_at_once = 4'096;  // more than RemoteNames reports

// A host of 24 to 30 bytes.
std::string typical_remote_host(std::size_t at) {
    return "app-" + std::to_string(at * 7'919 % 1'000'003) + ".tunnel.example.com";
}

struct ManyHosts {
    // The option -s prints the times.
    void set_all(const char* what, const std::shared_ptr<HttpService>& to) {
        std::uint64_t allocations = 0;
        std::chrono::nanoseconds longest{};
        std::chrono::nanoseconds sum{};
        for (std::size_t begin = 0; begin < many_hosts; begin += hosts_at_once) {
            std::vector<RemoteHost> hosts;
            for (std::size_t at = begin; at < std::min(begin + hosts_at_once, many_hosts); ++at) {
                hosts.push_back({typical_remote_host(at), "/", alice.first, to, false});
            }
            const std::uint64_t before = ferrotunnel::test::allocations_so_far();
            const auto began = std::chrono::steady_clock::now();
            REQUIRE(directory.set_remote(hosts, TimePoint{1h}) == 0);
            const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - began;
            allocations += ferrotunnel::test::allocations_so_far() - before;
            longest = std::max(longest, took);
            sum += took;
        }
        INFO(what << ": " << sum / 1ms << " ms, the longest step " << longest / 1us << " us, allocations of a host "
                  << allocations / many_hosts);
        CHECK(allocations <= 14 * many_hosts);  // far less than a copy of a branch and a leaf for each
    }

    HttpDirectory directory;
    std::shared_ptr<directory::test::IdleCarrier> carrier = std::make_shared<directory::test::IdleCarrier>();
    std::shared_ptr<HttpService> service = directory.remote_service({carrier});
};

}  // namespace

TEST_CASE("100,000 hosts of another member: at most 60 bytes each, and a bounded number of allocations", "[large]") {
    ManyHosts rig;
    const auto find = [&] { return rig.directory.routes()->find(typical_remote_host(1), "/", TimePoint{1h}).kind; };
    constexpr auto most = static_cast<std::int64_t>(60 * many_hosts);
    const std::int64_t before = ferrotunnel::test::bytes_held();
    rig.set_all("add", rig.service);
    const std::int64_t held = ferrotunnel::test::bytes_held() - before;
    CHECK(held <= most);  // with the name's text, a pointer to the target and the tree
    CHECK(find() == HttpMatch::Kind::service);
    rig.set_all("repeat", rig.service);
    CHECK(ferrotunnel::test::bytes_held() - before <= most);
    rig.set_all("remove", nullptr);
    CHECK(ferrotunnel::test::bytes_held() - before < 1'000'000);  // the empty branches
    CHECK(find() == HttpMatch::Kind::unknown_host);
}
