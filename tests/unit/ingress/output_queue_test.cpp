#include "ingress/output_queue.hpp"

#include <catch2/catch.hpp>

#include "transport/tcp_pipe.hpp"
#include "unit/ingress/peers.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::ingress;
using namespace ferrotunnel::ingress::test;

TEST_CASE("what is queued leaves in its order, however the pipe cuts it") {
    auto [near, far] = transport::test::tcp_pair(4096);
    auto pipe = transport::make_tcp_pipe(std::move(near), transport::TcpPipeSide::client);
    Peer reader(std::move(far));
    OutputQueue queue;
    std::string expected;
    for (int i = 0; i < 60; ++i) {
        const std::string text = std::to_string(i) + ":";
        const std::string data(static_cast<std::size_t>(i * 997 % 8000 + 1), static_cast<char>('a' + i % 26));
        queue.add_text(text);
        queue.add_copy(data);
        expected += text + data;
    }
    queue.add_text("end");
    expected += "end";
    CHECK(queue.bytes() == expected.size());
    std::string got;
    while (true) {
        const runtime::IoStatus status = queue.write(*pipe);
        REQUIRE(status != runtime::IoStatus::error);
        got += reader.read_exactly(queue.written());
        if (status == runtime::IoStatus::ok) {
            break;
        }
    }
    CHECK(queue.empty());
    CHECK(queue.bytes() == 0);
    CHECK(got == expected);
}

TEST_CASE("a queue is full by pieces and by bytes") {
    OutputQueue queue;
    for (std::size_t i = 0; i < OutputQueue::pieces_max; ++i) {
        CHECK(queue.has_room());
        queue.add_copy("x");
    }
    CHECK_FALSE(queue.has_room());
    queue.clear();
    CHECK(queue.has_room());
    queue.add_copy(std::string(OutputQueue::bytes_max - 1, 'x'));
    CHECK(queue.has_room());
    queue.add_copy("x");
    CHECK_FALSE(queue.has_room());
}
