// Trunks whose session outlives its connection, on real sockets.
#include <array>
#include <catch2/catch.hpp>
#include <string>
#include <thread>

#include "unit/trunk/trunk_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::trunk::test;
using namespace std::chrono_literals;

namespace {

using trunk::Trunk;
using trunk::TrunkEnd;

/// Sends back whatever a stream brings.
class Echo final : public buffer::Waker {
public:
    explicit Echo(IntrusivePtr<mux::Stream> stream) : stream_(std::move(stream)) {}
    void wake() noexcept override {
        for (;;) {
            while (mux::StreamItem* item = stream_->front()) {
                if (item->kind == mux::StreamItem::Kind::data) {
                    stream_->send(buffer::Slice::copy_of(item->slice.bytes()), false);
                    stream_->flush();
                }
                stream_->drop_front();
            }
            if (stream_->try_park_receive()) {
                return;
            }
        }
    }

private:
    IntrusivePtr<mux::Stream> stream_;
};

/// Compares what comes with what it has sent: byte i is i * 31 >> 2.
class Checker final : public buffer::Waker {
public:
    void wake() noexcept override {
        while (stream) {
            while (mux::StreamItem* item = stream->front()) {
                for (const std::uint8_t byte : item->slice.bytes()) {
                    wrong = wrong || byte != at(received++);
                }
                stream->drop_front();
            }
            if (stream->try_park_receive()) {
                return;
            }
        }
    }
    static std::uint8_t at(std::uint64_t i) { return static_cast<std::uint8_t>(i * 31 >> 2); }
    void send(std::uint64_t bytes) {
        expected += bytes;
        while (bytes > 0) {
            std::vector<std::uint8_t> piece(std::min<std::uint64_t>(bytes, 16'000));
            for (std::uint8_t& byte : piece) {
                byte = at(sent++);
            }
            stream->send(buffer::Slice::copy_of(piece), false);
            bytes -= piece.size();
        }
        stream->flush();
    }

    IntrusivePtr<mux::Stream> stream;
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    std::uint64_t expected = 0;
    bool wrong = false;
};

class Owner final : public trunk::TrunkEvents {
public:
    Owner(runtime::Worker& worker, mux::Role role, Duration window) : worker_(worker), role_(role), window_(window) {}
    ~Owner() override {
        on(worker_, [this] {
            if (trunk && !trunk->is_closed()) {
                trunk->abandon();
            }
            trunk.reset();
        });
    }
    void start(runtime::Fd socket) {
        on(worker_, [&] {
            trunk = make_intrusive<Trunk>(worker_, pipe_on(std::move(socket)), settings_of(role_),
                                          runtime::system_random(), 60s, static_cast<trunk::TrunkEvents&>(*this));
            trunk->start();
        });
    }
    std::unique_ptr<transport::Pipe> pipe_on(runtime::Fd socket) const {
        return transport::make_tcp_pipe(std::move(socket), role_ == mux::Role::server ? transport::TcpPipeSide::server
                                                                                      : transport::TcpPipeSide::client);
    }

    IntrusivePtr<Trunk> trunk;
    bool expects_login = false;      // another trunk will take the connection over
    std::vector<std::uint8_t> rest;  // what came behind the login
    std::unique_ptr<transport::Pipe> handed_over;
    Signal opened;
    Signal detached;
    Signal ended;
    TrunkEnd end;

private:
    void on_pipe_open() override {
        if (!expects_login) {
            if (role_ == mux::Role::client) {
                trunk->set_redials();
            }
            if (window_ > Duration::zero()) {
                trunk->session().begin_resumable(window_);
            }
            trunk->login_done({});
        }
        opened.tell();
    }
    void on_control(Bytes) override {
        if (expects_login) {
            buffer::Slice behind;
            handed_over = trunk->transfer(behind);
            rest.assign(behind.bytes().begin(), behind.bytes().end());
            ended.tell();
        }
    }
    void on_open(IntrusivePtr<mux::Stream> stream, const wire::Open&) override {
        auto echo = make_intrusive<Echo>(stream);
        stream->attach(echo, false);
        stream->accept();
        echo->wake();  // parks
    }
    void on_goaway(wire::Code, std::string_view) override {}
    void on_drained() override {}
    void on_rotate_due() override {}
    void on_detached(const TrunkEnd&) override { detached.tell(); }
    void on_trunk_end(const TrunkEnd& how) override {
        end = how;
        ended.tell();
    }

    runtime::Worker& worker_;
    const mux::Role role_;
    const Duration window_;
};

struct Pair {
    explicit Pair(Duration window = 30s)
        : server(running.worker, mux::Role::server, window), client(running.worker, mux::Role::client, window) {
        auto [near, far] = tcp_pair(0);
        server.start(std::move(near));
        client.start(std::move(far));
        REQUIRE(server.opened.wait());
        REQUIRE(client.opened.wait());
    }
    /// Gives both another connection.
    void join() {
        auto [near, far] = tcp_pair(0);
        on(running.worker, [&, near = &near, far = &far] {
            mux::Session& at_server = server.trunk->session();
            mux::Session& at_client = client.trunk->session();
            REQUIRE(at_server.can_reattach(at_client.received_bytes()));
            REQUIRE(at_client.can_reattach(at_server.received_bytes()));
            server.trunk->attach(server.pipe_on(std::move(*near)), at_client.received_bytes(), {}, {});
            client.trunk->attach(client.pipe_on(std::move(*far)), at_server.received_bytes(), {}, {});
        });
    }

    RunningWorker running;
    Owner server;
    Owner client;
};

}  // namespace

TEST_CASE("a connection that is reset again and again costs no byte", "[resume]") {
    Pair pair;
    auto checker = make_intrusive<Checker>();
    on(pair.running.worker, [&] {
        checker->stream = pair.server.trunk->session().open({}, checker, false, pair.running.worker.now()).value();
        checker->wake();  // parks
        checker->send(100'000);
        pair.server.trunk->session_changed();
    });
    for (int cut = 0; cut < 20; ++cut) {
        on(pair.running.worker, [&] {
            checker->send(400'000);
            (cut % 2 == 0 ? pair.server : pair.client).trunk->detach();
        });
        REQUIRE((cut % 2 == 0 ? pair.client : pair.server).detached.wait(cut / 2 + 1));
        pair.join();
    }
    // What was kept is let go when its confirmation comes, a little later than the last byte.
    const auto has_all = [&] {
        return on(pair.running.worker, [&] {
            return checker->received == checker->expected && pair.server.trunk->session().stats().bytes_kept < 1_MiB;
        });
    };
    for (int i = 0; i < 6'000 && !has_all(); ++i) {
        std::this_thread::sleep_for(10ms);
    }
    on(pair.running.worker, [&] {
        CHECK(checker->received == checker->expected);
        CHECK_FALSE(checker->wrong);
        CHECK(pair.server.trunk->session().stats().resumed == 20);
        CHECK(pair.server.trunk->session().stats().bytes_kept < 1_MiB);
        checker->stream->abort(wire::Code::cancelled);
        checker->stream = nullptr;
    });
}

TEST_CASE("a socket that the client's machine has closed is the end for the server, and not for the client",
          "[resume]") {
    Pair pair;
    on(pair.running.worker, [&] { pair.client.trunk->abandon(); });
    REQUIRE(pair.server.ended.wait());
    Pair other;
    on(other.running.worker, [&] { other.server.trunk->abandon(); });
    REQUIRE(other.client.detached.wait());
}

TEST_CASE("a session that nobody resumes ends after its time", "[resume]") {
    Pair pair(500ms);
    on(pair.running.worker, [&] { pair.client.trunk->detach(); });
    REQUIRE(pair.server.detached.wait());
    REQUIRE(pair.server.ended.wait());
    REQUIRE(pair.client.ended.wait());
    CHECK(pair.server.end.code == wire::Code::connection_reset);
}

TEST_CASE("who ends a detached session does not wait", "[resume]") {
    Pair pair;
    on(pair.running.worker, [&] {
        pair.client.trunk->detach();
        pair.client.trunk->end(wire::Code::superseded, "a newer one");
    });
    REQUIRE(pair.client.ended.wait());
    CHECK(pair.client.end.code == wire::Code::superseded);
}

TEST_CASE("a session that cannot be resumed ends with its connection", "[resume]") {
    Pair pair(0s);
    on(pair.running.worker, [&] { pair.server.trunk->end(wire::Code::internal, "for the test"); });
    REQUIRE(pair.client.ended.wait());
    CHECK(pair.client.end.by_peer);
}

TEST_CASE("a connection is handed over with what came behind the login", "[resume]") {
    RunningWorker running;
    auto [near, far] = tcp_pair(0);
    Owner login(running.worker, mux::Role::client, 30s);
    login.expects_login = true;
    login.start(std::move(near));
    std::vector<std::uint8_t> bytes(limits::frame_header_bytes + 5 + 100, 'x');
    wire::encode_header({5, wire::FrameType::control, 0, 0}, bytes.data());
    REQUIRE(runtime::write_some(far.get(), bytes).bytes == bytes.size());
    REQUIRE(login.ended.wait());
    on(running.worker, [&] {
        CHECK(login.rest == std::vector<std::uint8_t>(100, 'x'));
        REQUIRE(login.handed_over);
        CHECK(login.trunk->is_closed());
        const std::array<std::uint8_t, 3> word{'a', 'b', 'c'};
        const Bytes piece(word);
        CHECK(login.handed_over->write({&piece, 1}).bytes == 3);
    });
    std::array<std::uint8_t, 3> got{};
    transport::test::wait_for(far.get(), POLLIN);
    CHECK(runtime::read_some(far.get(), got).bytes == 3);
    on(running.worker, [&] { login.handed_over.reset(); });
}
