#include "transport/tls_pipe.hpp"

#include <malloc.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <catch2/catch.hpp>
#include <random>
#include <thread>
#include <vector>

#include "pipes.hpp"
#include "preferred_group.hpp"
#include "support/load.hpp"
#include "transport/tls_bio.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::transport;
using namespace ferrotunnel::transport::test;

namespace {

// One direction of random bytes in random pieces; the reader can compute what the writer makes, and checks it.
class Flow {
public:
    Flow(unsigned seed, std::size_t total) : made_(seed), checked_(seed), sizes_(seed + 1), total_(total) {}

    bool all_sent() const { return sent_ == total_ && queued_.empty(); }
    bool all_received() const { return received_ == total_; }

    IoStatus send_some(Pipe& pipe) {
        refill();
        std::vector<Bytes> pieces;
        for (std::size_t i = 0; i < queued_.size(); ++i) {
            pieces.push_back(i == 0 ? Bytes(queued_[i]).subspan(taken_) : Bytes(queued_[i]));
        }
        IoResult result = pieces.empty() ? IoResult{0, pipe.flush(), {}} : pipe.write(pieces);
        sent_ += result.bytes;
        for (std::size_t left = result.bytes; left > 0;) {
            std::size_t here = std::min(left, queued_.front().size() - taken_);
            taken_ += here;
            left -= here;
            if (taken_ == queued_.front().size()) {
                queued_.erase(queued_.begin());
                taken_ = 0;
            }
        }
        while (!queued_.empty() && taken_ == queued_.front().size()) {
            queued_.erase(queued_.begin());
            taken_ = 0;
        }
        return result.status;
    }

    IoStatus receive_some(Pipe& pipe) {
        std::vector<std::uint8_t> into(1 + sizes_() % 100'000);
        IoResult result = pipe.read(into);
        for (std::size_t i = 0; i < result.bytes; ++i) {
            right_ = right_ && into[i] == next_byte(checked_);
        }
        received_ += result.bytes;
        return result.status;
    }

    bool right() const { return right_; }

private:
    static std::uint8_t next_byte(std::uint64_t& state) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        return static_cast<std::uint8_t>(state >> 56);
    }

    void refill() {
        while (queued_.size() < 20 && made_bytes_ < total_) {
            std::size_t size = 0;
            switch (sizes_() % 4) {
                case 0:
                    size = sizes_() % 200;
                    break;
                case 1:
                    size = sizes_() % 5'000;
                    break;
                case 2:
                    size = 16'384;
                    break;
                default:
                    size = sizes_() % 70'000;
            }
            size = std::min(size, total_ - made_bytes_);
            std::vector<std::uint8_t> piece(size);
            for (auto& byte : piece) {
                byte = next_byte(made_);
            }
            made_bytes_ += size;
            queued_.push_back(std::move(piece));
        }
    }

    std::uint64_t made_;
    std::uint64_t checked_;
    std::minstd_rand sizes_;
    std::size_t total_;
    std::size_t made_bytes_ = 0;
    std::vector<std::vector<std::uint8_t>> queued_;
    std::size_t taken_ = 0;  // of the first queued piece
    std::size_t sent_ = 0;
    std::size_t received_ = 0;
    bool right_ = true;
};

// Moves bytes in both directions at once, on one thread, until everything has arrived.
void exchange(Pipe& left, Pipe& right, std::size_t total) {
    Flow there(1, total);
    Flow back(2, total);
    bool busy = false;
    auto serve = [&](Pipe& pipe, Flow& out, Flow& in) {
        IoStatus sent = out.all_sent() && !pipe.has_pending() ? IoStatus::ok : out.send_some(pipe);
        IoStatus got = in.all_received() ? IoStatus::would_block : in.receive_some(pipe);
        REQUIRE(sent != IoStatus::error);
        REQUIRE(got != IoStatus::error);
        REQUIRE(got != IoStatus::eof);
        busy = busy || got == IoStatus::ok || (sent == IoStatus::ok && !out.all_sent());
        return static_cast<short>(POLLIN | (sent == IoStatus::would_block ? POLLOUT : 0));
    };
    while (!there.all_received() || !back.all_received()) {
        busy = false;
        pollfd entries[2] = {{left.fd(), serve(left, there, back), 0}, {right.fd(), serve(right, back, there), 0}};
        if (!busy && (!there.all_received() || !back.all_received())) {
            REQUIRE(::poll(entries, 2, patience_ms) > 0);
        }
    }
    CHECK(there.right());
    CHECK(back.right());
    CHECK(left.counters().bytes_out == total);
    CHECK(left.counters().bytes_in == total);
    CHECK(right.counters().bytes_in == total);
}

constexpr std::size_t bulk_bytes = ferrotunnel::test::slow_build ? 4 << 20 : 64 << 20;

}  // namespace

TEST_CASE("many MiB each way at once in random pieces over TCP") {
    TlsPair pair = open_tls();
    CHECK(pair.client->description() == "TLSv1.3 TLS_AES_128_GCM_SHA256 " + preferred_group());
    exchange(*pair.client, *pair.server, bulk_bytes);
}

TEST_CASE("the same over sockets with small buffers, where every send is a partial one") {
    auto sockets = runtime::socket_pair();  // TCP with such buffers is slow by its timers
    int size = 8192;
    for (const runtime::Fd* fd : {&sockets.first, &sockets.second}) {
        ::setsockopt(fd->get(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    }
    TlsPair pair = open_tls(std::move(sockets));
    exchange(*pair.client, *pair.server, bulk_bytes / 4);
}

TEST_CASE("the same over a local socket pair") {
    TlsPair pair = open_tls(runtime::socket_pair());
    exchange(*pair.client, *pair.server, bulk_bytes / 4);
}

TEST_CASE("two threads, one for each end") {
    TlsPair pair = open_tls();
    Flow there(3, bulk_bytes);
    std::thread sender([&] {
        while (!there.all_sent() || pair.client->has_pending()) {
            if (there.send_some(*pair.client) == IoStatus::would_block) {
                wait_for(pair.client->fd(), POLLOUT);
            }
        }
    });
    Flow expected(3, bulk_bytes);
    while (!expected.all_received()) {
        if (expected.receive_some(*pair.server) == IoStatus::would_block && !expected.all_received()) {
            wait_for(pair.server->fd(), POLLIN);
        }
    }
    sender.join();
    CHECK(expected.right());
}

TEST_CASE("a handshake that arrives byte by byte") {
    auto [client_end, relay_left] = tcp_pair();
    auto [relay_right, server_end] = tcp_pair();
    TlsPair pair{make_tls_pipe(std::move(client_end), client_context()),
                 make_tls_pipe(std::move(server_end), server_context())};
    Outcome ours;
    Outcome theirs;
    auto relay = [](const runtime::Fd& from, const runtime::Fd& to) {
        std::uint8_t byte;
        if (runtime::read_some(from.get(), MutableBytes(&byte, 1)).bytes == 1) {
            REQUIRE(runtime::write_some(to.get(), Bytes(&byte, 1)).bytes == 1);
        }
    };
    for (int i = 0; i < 1'000'000 && (ours.status == IoStatus::would_block || theirs.status == IoStatus::would_block);
         ++i) {
        ours.status = ours.status == IoStatus::would_block ? pair.client->handshake(ours.why) : ours.status;
        relay(relay_left, relay_right);
        theirs.status = theirs.status == IoStatus::would_block ? pair.server->handshake(theirs.why) : theirs.status;
        relay(relay_right, relay_left);
    }
    CHECK(ours.status == IoStatus::ok);
    CHECK(theirs.status == IoStatus::ok);
}

TEST_CASE("an orderly end is eof, in each direction by itself") {
    TlsPair pair = open_tls();
    write_text(*pair.client, "last words");
    pair.client->shutdown();
    CHECK(read_exactly(*pair.server, 10) == "last words");
    CHECK_FALSE(pair.server->saw_end());
    CHECK(read_to_end(*pair.server).status == IoStatus::eof);
    CHECK(pair.server->saw_end());
    CHECK(write_text(*pair.server, "late answer").status == IoStatus::ok);
    CHECK(read_exactly(*pair.client, 11) == "late answer");
    pair.server->shutdown();
    CHECK(read_to_end(*pair.client).status == IoStatus::eof);
}

TEST_CASE("an orderly end waits for what is pending") {
    TlsPair pair = open_tls(tcp_pair(4096));
    std::vector<std::uint8_t> big(1 << 20, 7);
    Bytes piece(big);
    IoResult result = pair.client->write(std::span<const Bytes>(&piece, 1));
    REQUIRE(result.status == IoStatus::would_block);
    REQUIRE(pair.client->has_pending());
    pair.client->shutdown();
    std::size_t got = 0;
    std::vector<std::uint8_t> into(65'536);
    for (;;) {
        if (pair.client->has_pending()) {
            CHECK(pair.client->flush() != IoStatus::error);
        }
        IoResult read = pair.server->read(into);
        got += read.bytes;
        REQUIRE(read.status != IoStatus::error);
        if (read.status == IoStatus::eof) {
            break;
        }
    }
    CHECK(got == result.bytes);
}

TEST_CASE("a bare TCP end is a truncation, and a reset is a reset") {
    TlsPair pair = open_tls();
    write_text(*pair.client, "words");
    runtime::Fd raw = pair.client->release_fd();
    runtime::shutdown_send(raw.get());
    CHECK(read_exactly(*pair.server, 5) == "words");
    IoResult end = read_to_end(*pair.server);
    CHECK(end.status == IoStatus::error);
    CHECK(pair.server->error_text().find("truncated") != std::string::npos);
    CHECK(pair.server->saw_end());
    CHECK(write_text(*pair.server, "x").status == IoStatus::error);

    TlsPair other = open_tls();
    runtime::reset_close(other.client->release_fd());
    end = read_to_end(*other.server);
    CHECK(end.status == IoStatus::error);
    CHECK(end.error == std::errc::connection_reset);
    CHECK(other.server->error_text() == "Connection reset by peer");
    CHECK_FALSE(other.server->saw_end());
}

TEST_CASE("what the peer said before it went is read even when writing has failed") {
    TlsPair pair = open_tls();
    write_text(*pair.client, "to a peer that will not read this");
    write_text(*pair.server, "why I go");
    pair.server.reset();  // unread bytes: this resets the connection
    IoResult result;
    for (int i = 0; i < 1000 && result.status != IoStatus::error; ++i) {
        result = write_text(*pair.client, "x");
        ::poll(nullptr, 0, 1);
    }
    REQUIRE(result.status == IoStatus::error);
    CHECK_FALSE(pair.client->error_text().empty());
    CHECK_FALSE(pair.client->has_pending());
    CHECK(read_exactly(*pair.client, 8) == "why I go");
    CHECK(read_to_end(*pair.client).error == std::errc::connection_reset);
    CHECK_FALSE(pair.client->saw_end());
    CHECK(write_text(*pair.client, "x").status == IoStatus::error);
}

TEST_CASE("a flipped bit ends the pipe") {
    auto [client_end, relay_left] = tcp_pair();
    TlsPair pair;
    {
        // The relay flips one bit after the handshake, so the connection is made through it.
        auto [relay_right, server_end] = tcp_pair();
        pair = {make_tls_pipe(std::move(client_end), client_context()),
                make_tls_pipe(std::move(server_end), server_context())};
        auto relay = [](const runtime::Fd& from, const runtime::Fd& to, std::uint8_t flip) {
            std::uint8_t bytes[8192];
            IoResult got = runtime::read_some(from.get(), MutableBytes(bytes));
            if (got.bytes > 0) {
                bytes[got.bytes - 1] = static_cast<std::uint8_t>(bytes[got.bytes - 1] ^ flip);
                REQUIRE(runtime::write_some(to.get(), Bytes(bytes, got.bytes)).bytes == got.bytes);
            }
            return got.bytes;
        };
        Outcome ours;
        Outcome theirs;
        for (int i = 0; i < 100'000 && (ours.status == IoStatus::would_block || theirs.status == IoStatus::would_block);
             ++i) {
            ours.status = ours.status == IoStatus::would_block ? pair.client->handshake(ours.why) : ours.status;
            relay(relay_left, relay_right, 0);
            theirs.status = theirs.status == IoStatus::would_block ? pair.server->handshake(theirs.why) : theirs.status;
            relay(relay_right, relay_left, 0);
        }
        REQUIRE(theirs.status == IoStatus::ok);
        write_text(*pair.client, "hello");
        while (relay(relay_left, relay_right, 1) == 0) {
        }
    }
    CHECK(read_to_end(*pair.server).status == IoStatus::error);
    CHECK(pair.server->error_text().find("TLS: ") == 0);
}

TEST_CASE("reading less than a record leaves the rest for the next read") {
    TlsPair pair = open_tls();
    write_text(*pair.client, "0123456789");
    CHECK(read_exactly(*pair.server, 4) == "0123");
    CHECK(pair.server->may_read_more());
    CHECK(read_exactly(*pair.server, 6) == "456789");
    std::uint8_t byte;
    CHECK(pair.server->read(MutableBytes(&byte, 1)).status == IoStatus::would_block);
    CHECK_FALSE(pair.server->may_read_more());
}

namespace {

// Waits until `count` full records lie in the socket.
void wait_for_records(int fd, std::size_t count) {
    int arrived = 0;
    while (arrived < static_cast<int>(count * (tls_record_plain_max + tls_record_overhead))) {
        wait_for(fd, POLLIN);
        REQUIRE(::ioctl(fd, FIONREAD, &arrived) == 0);
    }
}

}  // namespace

TEST_CASE("what comes after a read that filled its buffer is there for the next read") {
    TlsPair pair = open_tls();
    std::string four_records(4 * tls_record_plain_max, 'x');
    REQUIRE(write_text(*pair.client, four_records).status == IoStatus::ok);
    wait_for_records(pair.server->fd(), 4);
    std::vector<std::uint8_t> into(four_records.size());
    REQUIRE(pair.server->read(into).bytes == into.size());
    write_text(*pair.client, "more");
    wait_for(pair.server->fd(), POLLIN);
    CHECK(pair.server->read(into).bytes == 4);
}

TEST_CASE("an end behind a part of a record is noticed by the read that finds nothing to give") {
    TlsPair pair = open_tls();
    runtime::Fd bare = pair.client->release_fd();
    const std::uint8_t part[] = {0x17, 3, 3, 0, 100, 1, 2, 3};
    REQUIRE(runtime::write_some(bare.get(), Bytes(part)).status == IoStatus::ok);
    runtime::shutdown_send(bare.get());
    wait_for(pair.server->fd(), POLLRDHUP);
    std::vector<std::uint8_t> into(1'000);
    CHECK(pair.server->read(into).status == IoStatus::error);
    CHECK_THAT(pair.server->error_text(), Catch::Contains("truncated"));
}

TEST_CASE("several records leave with one send and come with one receive; nothing large is copied") {
    TlsPair pair = open_tls();
    std::vector<std::uint8_t> bulk(4 * 16'384, 7);
    Bytes piece(bulk);
    auto before = pair.client->counters().system_calls;
    CHECK(pair.client->write(std::span<const Bytes>(&piece, 1)).status == IoStatus::ok);
    CHECK(pair.client->counters().system_calls - before == 1);
    CHECK(pair.client->counters().bytes_copied == 0);

    std::vector<Bytes> crumbs(100, as_bytes("crumb"));
    before = pair.client->counters().system_calls;
    CHECK(pair.client->write(crumbs).bytes == 500);
    CHECK(pair.client->counters().system_calls - before == 1);
    CHECK(pair.client->counters().bytes_copied == 500);

    wait_for_records(pair.server->fd(), 4);
    std::vector<std::uint8_t> into(bulk.size());
    before = pair.server->counters().system_calls;
    CHECK(pair.server->read(into).bytes == into.size());
    CHECK(pair.server->counters().system_calls - before <= 3);
    CHECK(read_exactly(*pair.server, 500).substr(0, 10) == "crumbcrumb");
}

TEST_CASE("key updates of the peer are answered, and a flood of them is bounded") {
    // The peer is a client of plain OpenSSL, which can ask for key updates, over sockets that hold little.
    auto [raw, ours] = runtime::socket_pair();
    auto server = make_tls_pipe(std::move(ours), server_context());
    SSL* ssl = SSL_new(client_context()->native());
    SSL_set_fd(ssl, raw.get());
    SSL_set_connect_state(ssl);
    std::string why;
    IoStatus theirs = IoStatus::would_block;
    for (int i = 0; i < 1000 && (theirs == IoStatus::would_block || SSL_do_handshake(ssl) != 1); ++i) {
        if (theirs == IoStatus::would_block) {
            theirs = server->handshake(why);
        }
        SSL_do_handshake(ssl);
        std::this_thread::yield();
    }
    REQUIRE(theirs == IoStatus::ok);

    REQUIRE(SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED) == 1);
    REQUIRE(SSL_write(ssl, "after", 5) == 5);
    CHECK(read_exactly(*server, 5) == "after");
    CHECK_FALSE(server->has_pending());
    CHECK(write_text(*server, "answer").status == IoStatus::ok);
    char answer[6];
    wait_for(raw.get(), POLLIN);
    int got = SSL_read(ssl, answer, 6);
    CHECK(got == 6);

    // The peer asks again and again and reads nothing: first the socket fills up, then what may be collected.
    std::uint8_t byte[64];
    IoResult result;
    for (int i = 0; i < 200'000 && result.status != IoStatus::error; ++i) {
        SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED);
        SSL_write(ssl, "x", 1);
        result = server->read(MutableBytes(byte));
    }
    CHECK(result.status == IoStatus::error);
    SSL_free(ssl);
}

TEST_CASE("the exporter is the same on both sides and another one on each connection") {
    auto value = [](Pipe& pipe) {
        std::string out(32, '\0');
        CHECK(pipe.exporter(MutableBytes(reinterpret_cast<std::uint8_t*>(out.data()), out.size())));
        return out;
    };
    TlsPair one = open_tls();
    TlsPair two = open_tls();
    CHECK(value(*one.client) == value(*one.server));
    CHECK(value(*one.client) == value(*one.client));
    CHECK(value(*two.client) == value(*two.server));
    CHECK(value(*one.client) != value(*two.client));

    auto [left, right] = tcp_pair();
    auto unfinished = make_tls_pipe(std::move(left), client_context());
    std::uint8_t out[32];
    CHECK_FALSE(unfinished->exporter(MutableBytes(out)));
}

TEST_CASE("no session can be resumed and no ticket is sent") {
    TlsPair pair = open_tls();
    auto [raw, ours] = tcp_pair();
    auto server = make_tls_pipe(std::move(ours), server_context());
    CHECK((SSL_CTX_get_options(server_context()->native()) & SSL_OP_NO_TICKET) != 0);
    CHECK(SSL_CTX_get_num_tickets(server_context()->native()) == 0);
    CHECK(SSL_CTX_get_max_early_data(server_context()->native()) == 0);
    CHECK(SSL_CTX_get_session_cache_mode(server_context()->native()) == SSL_SESS_CACHE_OFF);
    CHECK(SSL_CTX_get_min_proto_version(server_context()->native()) == TLS1_3_VERSION);
}

TEST_CASE("an idle pipe holds little memory and no buffers") {
    open_tls();  // for what the library allocates once
    constexpr std::size_t count = 50;
    std::vector<std::pair<runtime::Fd, runtime::Fd>> sockets;
    for (std::size_t i = 0; i < count; ++i) {
        sockets.push_back(tcp_pair());
    }
    std::vector<TlsPair> pairs;
    pairs.reserve(count);
    auto before = ::mallinfo2().uordblks;
    std::string bulk(200'000, 'x');
    for (auto& ends : sockets) {
        pairs.push_back(open_tls(std::move(ends)));
        TlsPair& pair = pairs.back();
        std::size_t sent = 0;
        std::thread reader([&] { read_exactly(*pair.server, bulk.size()); });
        while (sent < bulk.size() || pair.client->has_pending()) {
            IoResult result = write_text(*pair.client, std::string_view(bulk).substr(sent));
            sent += result.bytes;
            REQUIRE(result.status != IoStatus::error);
        }
        reader.join();
        std::uint8_t byte;
        CHECK(pair.server->read(MutableBytes(&byte, 1)).status == IoStatus::would_block);
    }
    auto after = ::mallinfo2().uordblks;
    if (after > before) {  // the allocators of sanitizers count nothing there
        auto each = (after - before) / (2 * count);
        UNSCOPED_INFO("bytes for each end: " << each);
        // OpenSSL 3.5 keeps the keys of ML-KEM as long as the connection, about 7 KiB.
        CHECK(each < (preferred_group() == "x25519" ? 32'768U : 40'960U));
    }
}
