// A trunk on a worker of its own, and a test's thread at the other end of its socket: either a second trunk or the bare
// socket.
#pragma once

#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/system_random.hpp"
#include "transport/tcp_pipe.hpp"
#include "trunk/trunk.hpp"
#include "unit/runtime/loop.hpp"
#include "unit/transport/pipes.hpp"

namespace ferrotunnel::trunk::test {

using runtime::test::on;
using runtime::test::Signal;
using transport::test::tcp_pair;

/// The owner of a trunk: logs in as soon as the pipe is open, and remembers what it was told.
class TrunkOwner final : public TrunkEvents {
public:
    explicit TrunkOwner(runtime::Worker& worker) : worker_(worker) {}
    ~TrunkOwner() override {
        if (gone) {
            return;
        }
        on(worker_, [this] {
            if (trunk && !trunk->is_closed()) {
                trunk->abandon();
            }
            trunk.reset();
        });
    }

    /// For the test's thread.
    void start(std::unique_ptr<transport::Pipe> pipe, const mux::Settings& settings,
               Duration handshake_deadline = std::chrono::seconds(60)) {
        on(worker_, [&] {
            trunk = make_intrusive<Trunk>(worker_, std::move(pipe), settings, runtime::system_random(),
                                          handshake_deadline, static_cast<TrunkEvents&>(*this));
            trunk->start();
        });
    }

    bool gone = false;  // the test has let go of the trunk itself
    // Used on the worker alone.
    bool log_in = true;
    IntrusivePtr<Trunk> trunk;
    std::function<void(IntrusivePtr<mux::Stream>, const wire::Open&)> on_stream;
    std::vector<std::string> goaways;

    Signal opened;
    Signal controls;
    Signal drained;
    Signal ended;
    TrunkEnd end;  // after `ended`

private:
    void on_pipe_open() override {
        if (log_in) {
            trunk->login_done({});
        }
        opened.tell();
    }
    void on_control(Bytes) override { controls.tell(); }
    void on_open(IntrusivePtr<mux::Stream> stream, const wire::Open& open) override {
        if (on_stream) {
            on_stream(std::move(stream), open);
        } else {
            stream->abort(wire::Code::unknown_service);
        }
    }
    void on_goaway(wire::Code, std::string_view text) override { goaways.emplace_back(text); }
    void on_drained() override { drained.tell(); }
    void on_rotate_due() override {}
    void on_trunk_end(const TrunkEnd& how) override {
        end = how;
        ended.tell();
    }

    runtime::Worker& worker_;
};

/// The waker of a stream that nobody reads.
class NullWaker final : public buffer::Waker {
public:
    void wake() noexcept override {}
};

inline mux::Settings settings_of(mux::Role role) {
    mux::Settings settings;
    settings.role = role;
    return settings;
}

/// A worker that runs.
struct RunningWorker {
    RunningWorker() { worker.start(); }
    std::uint64_t rounds() {
        return on(worker, [this] { return worker.counters().rounds; });
    }
    runtime::Worker worker;
};

/// Two trunks on one worker.
struct TrunkPair {
    explicit TrunkPair(mux::Settings server_settings = settings_of(mux::Role::server),
                       mux::Settings client_settings = settings_of(mux::Role::client), int buffer = 0) {
        auto [near, far] = tcp_pair(buffer);
        server.start(transport::make_tcp_pipe(std::move(near), transport::TcpPipeSide::server), server_settings);
        client.start(transport::make_tcp_pipe(std::move(far), transport::TcpPipeSide::client), client_settings);
        REQUIRE(client.opened.wait());
        REQUIRE(server.opened.wait());
    }

    RunningWorker running;
    runtime::Worker& worker = running.worker;
    TrunkOwner server{worker};
    TrunkOwner client{worker};
};

/// A trunk whose other end is the test's bare socket.
struct LoneTrunk {
    explicit LoneTrunk(mux::Settings settings = settings_of(mux::Role::server),
                       Duration handshake_deadline = std::chrono::seconds(60), int buffer = 0, bool log_in = true) {
        auto [near, far] = tcp_pair(buffer);
        peer = std::move(far);
        owner.log_in = log_in;
        owner.start(transport::make_tcp_pipe(std::move(near), transport::TcpPipeSide::server), settings,
                    handshake_deadline);
    }

    void send(Bytes bytes) {
        while (!bytes.empty()) {
            transport::test::wait_for(peer.get(), POLLOUT);
            runtime::IoResult result = runtime::write_some(peer.get(), bytes);
            REQUIRE(result.status != runtime::IoStatus::error);
            bytes = bytes.subspan(result.bytes);
        }
    }
    void send_ping(std::uint64_t opaque, bool ack) {
        std::uint8_t frame[wire::ping_frame_bytes];
        send({frame, wire::encode_ping(opaque, ack, frame)});
    }
    /// Waits until something can be read, and leaves it there.
    void wait_for_bytes() { transport::test::wait_for(peer.get(), POLLIN); }

    RunningWorker running;
    runtime::Worker& worker = running.worker;
    TrunkOwner owner{worker};
    runtime::Fd peer;
};

}  // namespace ferrotunnel::trunk::test
