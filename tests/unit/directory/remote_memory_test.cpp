// What 100,000 hosts of other members cost the directory: memory, and work of the thread that applies them.
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
constexpr std::size_t hosts_at_once = 4'096;  // as RemoteNames reports them

// A host of 24 to 30 bytes.
std::string typical_remote_host(std::size_t at) {
    return "app-" + std::to_string(at * 7'919 % 1'000'003) + ".tunnel.example.com";
}

struct ManyHosts {
    std::vector<RemoteHost> batch(std::size_t begin, const std::shared_ptr<HttpService>& to) const {
        std::vector<RemoteHost> hosts;
        for (std::size_t at = begin; at < std::min(begin + hosts_at_once, many_hosts); ++at) {
            hosts.push_back({typical_remote_host(at), "/", alice.first, to, false});
        }
        return hosts;
    }
    // The longest of the batches, and all of them.
    struct Times {
        std::chrono::nanoseconds longest{};
        std::chrono::nanoseconds sum{};
        std::uint64_t allocations = 0;
    };
    Times set_all(const std::shared_ptr<HttpService>& to) {
        Times times;
        for (std::size_t begin = 0; begin < many_hosts; begin += hosts_at_once) {
            const auto hosts = batch(begin, to);
            const std::uint64_t before = ferrotunnel::test::allocations_so_far();
            const auto began = std::chrono::steady_clock::now();
            REQUIRE(directory.set_remote(hosts, TimePoint{1h}) == 0);
            const auto took = std::chrono::steady_clock::now() - began;
            times.allocations += ferrotunnel::test::allocations_so_far() - before;
            times.longest = std::max<std::chrono::nanoseconds>(times.longest, took);
            times.sum += took;
        }
        return times;
    }

    HttpDirectory directory;
    std::shared_ptr<directory::test::IdleCarrier> carrier = std::make_shared<directory::test::IdleCarrier>();
    std::shared_ptr<HttpService> service = directory.remote_service({carrier});
};

}  // namespace

TEST_CASE("100,000 hosts of another member: bytes and allocations of each") {
    ManyHosts rig;
    const std::int64_t before = ferrotunnel::test::bytes_held();
    const auto added = rig.set_all(rig.service);
    const auto held = static_cast<std::uint64_t>(ferrotunnel::test::bytes_held() - before);
    const auto changed = rig.set_all(rig.service);
    const auto removed = rig.set_all(nullptr);
    WARN("bytes of a host " << held / many_hosts << "; allocations to add " << added.allocations / many_hosts << ", to repeat "
                            << changed.allocations / many_hosts << ", to remove " << removed.allocations / many_hosts
                            << "; ms to add " << added.sum / 1ms << " (longest step " << added.longest / 1us
                            << " us), to repeat " << changed.sum / 1ms << " (" << changed.longest / 1us << " us), to remove "
                            << removed.sum / 1ms << " (" << removed.longest / 1us << " us)");
    CHECK(rig.directory.routes()->find(typical_remote_host(1), "/", TimePoint{1h}).kind == HttpMatch::Kind::unknown_host);
}
