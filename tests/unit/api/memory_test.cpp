// What is lost where memory is short for a moment, and what is not.
#include <catch2/catch.hpp>
#include <cstdint>
#include <filesystem>
#include <iterator>

#include "support/count_allocations.hpp"
#include "unit/api/end_to_end.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::test;

namespace {

std::ptrdiff_t open_descriptors() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

}  // namespace

TEST_CASE("without memory for a session its connection is lost, and nothing else", "[threads][memory]") {
    const Secret token = Secret::generate();
    asio::io_context io;
    Server server = server_builder(token).run_on(io).build();
    server.start();
    io.poll();
    const std::string endpoint = server.client_endpoint();
    const tcp::endpoint at(asio::ip::make_address("127.0.0.1"),
                           static_cast<std::uint16_t>(std::stoul(endpoint.substr(endpoint.rfind(':') + 1))));
    std::uint64_t nth = 1;
    bool was_taken = false;
    for (int round = 0; !was_taken; ++round) {
        CAPTURE(nth);
        REQUIRE(round < 1'000);
        asio::io_context own;
        tcp::socket visitor(own);
        visitor.connect(at);
        const std::ptrdiff_t before = open_descriptors();
        fail_allocation(nth);
        while (io.poll_one() == 0) {
        }
        const bool has_failed = fail_allocation(0);
        // The handler that ran may have been a timer's, before the listener was readable: then this round is repeated.
        was_taken = !has_failed && open_descriptors() > before;
        nth += has_failed ? 1 : 0;
        visitor.close();
        io.poll();
    }
    CHECK((nth > 1 || allocations_so_far() == 0));  // no allocation fails in a build with sanitizers
    Runner runner(io);
    Client client = client_builder(token, endpoint).build();
    client.start();
    CHECK_FALSE(client.wait_ready(patience));
    CHECK(server.stats().clients == 1);
    CHECK_FALSE(client.stop());
    CHECK_FALSE(server.stop(patience));
}
