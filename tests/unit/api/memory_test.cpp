// What is lost where memory is short for a moment, and what is not.
#include <catch2/catch.hpp>
#include <cstdint>

#include "support/count_allocations.hpp"
#include "unit/api/end_to_end.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::test;

TEST_CASE("without memory for a session its connection is lost, and nothing else", "[threads][memory]") {
    const Secret token = Secret::generate();
    asio::io_context io;
    Server server = server_builder(token).run_on(io).build();
    server.start();
    io.poll();
    const std::string endpoint = server.control_endpoint();
    const tcp::endpoint at(asio::ip::make_address("127.0.0.1"),
                           static_cast<std::uint16_t>(std::stoul(endpoint.substr(endpoint.rfind(':') + 1))));
    bool has_failed = true;
    for (std::uint64_t nth = 1; has_failed; ++nth) {
        CAPTURE(nth);
        REQUIRE(nth < 300);
        asio::io_context own;
        tcp::socket visitor(own);
        visitor.connect(at);
        // Taken in one round: the listener is readable as soon as the connection is there.
        fail_allocation(nth);
        while (io.poll_one() == 0) {
        }
        has_failed = fail_allocation(0);
        visitor.close();
        io.poll();
    }
    Runner runner(io);
    Client client = client_builder(token, endpoint).build();
    client.start();
    CHECK_FALSE(client.wait_ready(patience));
    CHECK(server.stats().clients == 1);
    CHECK_FALSE(client.stop());
    CHECK_FALSE(server.stop(patience));
}
