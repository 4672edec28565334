#include "runtime/datagram_socket.hpp"

#include <poll.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

#include "base/limits.hpp"
#include "unit/transport/pipes.hpp"

using namespace ferrotunnel;
using runtime::DatagramReader;
using runtime::DatagramWriter;
using runtime::Segmenting;

namespace {

struct Pair {
    std::error_code error;
    runtime::Fd receiver = runtime::bind_datagrams(*runtime::SocketAddress::from_ip("127.0.0.1", 0), error);
    runtime::SocketAddress to = runtime::local_address(receiver.get());
    runtime::Fd sender = runtime::connect_datagrams(to, error);
    Segmenting segmenting;
    DatagramWriter writer;
    std::size_t largest_read = 0;  // datagrams that one call has brought

    // Datagrams of these sizes, each full of its own number.
    DatagramWriter::Result send(const std::vector<std::size_t>& sizes) {
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            writer.add(buffer::Slice::copy_of(std::vector<std::uint8_t>(sizes[i], static_cast<std::uint8_t>(i))));
        }
        return writer.send(sender.get(), segmenting);
    }

    // So many at least. Mostly loopback has delivered what was sent when sending has returned, but it need not.
    std::vector<std::size_t> receive(std::size_t count) {
        buffer::SlabPool pool;
        DatagramReader reader(pool);
        std::vector<std::size_t> sizes;
        while (true) {
            const auto result = reader.read(receiver.get());
            if (result.status != runtime::IoStatus::ok) {
                REQUIRE(result.status == runtime::IoStatus::would_block);
                if (sizes.size() >= count) {
                    return sizes;
                }
                transport::test::wait_for(receiver.get(), POLLIN);
                continue;
            }
            largest_read = std::max(largest_read, result.bytes);
            reader.for_each([&sizes](const DatagramReader::Datagram& datagram) {
                for (const std::uint8_t byte : datagram.payload) {
                    REQUIRE(byte == sizes.size());
                }
                sizes.push_back(datagram.payload.size());
            });
        }
    }
};

}  // namespace

TEST_CASE("datagrams that leave as one message arrive as they were") {
    Pair pair;
    const std::vector<std::size_t> sizes{1'000, 1'000, 1'000, 400,   400, 0,     1,     2,
                                         2,     2,     1,     1'452, 100, 1'452, 1'453, 1'453};
    const auto result = pair.send(sizes);
    CHECK(result.sent == sizes.size());
    CHECK(result.failed == 0);
    CHECK(pair.receive(sizes.size()) == sizes);
}

TEST_CASE("limit: a batch of datagrams, all as long as segments may be") {
    Pair pair;
    const std::vector<std::size_t> sizes(DatagramWriter::batch_max, Segmenting::bytes_max);
    CHECK(pair.send(sizes).sent == sizes.size());
    CHECK(pair.receive(sizes.size()) == sizes);
}

TEST_CASE("datagrams that were sent as one message come as one, and are cut where they were joined") {
    Pair pair;
    std::vector<std::size_t> sizes(DatagramWriter::batch_max, 100);
    sizes.back() = 7;
    CHECK(pair.send(sizes).sent == sizes.size());
    CHECK(pair.receive(sizes.size()) == sizes);
    CHECK(pair.largest_read == sizes.size());  // with a message for each it is batch_max of the reader
}

// The kernel does not cut a message whose parts would have no checksums.
TEST_CASE("a socket that cannot send segments sends datagrams, and is not asked again") {
    Pair pair;
    const int on = 1;
    REQUIRE(::setsockopt(pair.sender.get(), SOL_SOCKET, SO_NO_CHECK, &on, sizeof on) == 0);
    const std::vector<std::size_t> sizes{700, 50, 50, 50, 20, 600};
    const auto result = pair.send(sizes);
    CHECK(result.sent == sizes.size());
    CHECK(result.failed == 0);
    CHECK_FALSE(pair.segmenting.is_on());
    CHECK(pair.receive(sizes.size()) == sizes);
    CHECK(pair.send(sizes).sent == sizes.size());
    CHECK(pair.receive(sizes.size()) == sizes);
}

TEST_CASE("a port that nobody has costs datagrams, and tells of it") {
    Pair pair;
    pair.receiver.reset();
    const std::size_t failed = pair.send({10, 10, 10}).failed;
    CHECK(failed <= 1);
    if (failed == 0) {
        transport::test::wait_for(pair.sender.get(), POLLERR);  // the refusal need not be there when sending returns
    }
    const auto result = pair.send({10, 10, 10});
    CHECK(result.failed >= 1);
    CHECK(result.error == std::errc::connection_refused);
    CHECK(pair.segmenting.is_on());
}

TEST_CASE("neighbours of different visitors leave apart") {
    Pair pair;
    Pair other;
    for (std::uint8_t i = 0; i < 4; ++i) {
        const std::vector<std::uint8_t> bytes(100, static_cast<std::uint8_t>(i / 2));
        pair.writer.add(buffer::Slice::copy_of(bytes), i % 2 == 0 ? pair.to : other.to);
    }
    std::error_code error;
    const runtime::Fd sender = runtime::bind_datagrams(*runtime::SocketAddress::from_ip("127.0.0.1", 0), error);
    CHECK(pair.writer.send(sender.get(), pair.segmenting).sent == 4);
    CHECK(pair.receive(2) == std::vector<std::size_t>{100, 100});
    CHECK(other.receive(2) == std::vector<std::size_t>{100, 100});
}
