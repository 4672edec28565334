// Two sessions back to back on one thread: what the program does with a visitor's bytes, without sockets.
//
//     visitors' ends                                                   backends' ends
//     Stream --> server's session --produce--> (copy) --receive--> client's session --> Stream
//            <--                  <--receive-- (copy) <--produce--                  <--
//
// The copy stands for the two kernels: a batch's pieces land in slabs as a trunk's reads would put them there. Time is
// moved by hand and randomness is seeded, so that every run does exactly the same.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "mux/session.hpp"
#include "support/seeded_random.hpp"

namespace ferrotunnel::instructions {

/// What a measurement wants to be told of; null: nothing.
struct Hooks {
    void (*kernel)(bool begins) = nullptr;  // around the copy that stands for the kernel
    void (*item)() = nullptr;               // for each piece of data that an end takes
};
inline Hooks hooks;

/// One end of a stream, woken as a socket's pump is. It takes what comes at once, as a socket with room would.
class End final : public buffer::Waker {
public:
    /// Answers every message with as many bytes of its own, and FIN with FIN.
    bool echo = false;
    /// Takes nothing, as a socket that is full.
    bool stalled = false;
    /// If it is set, answers every message with this text and not with an echo.
    std::string_view answer;
    IntrusivePtr<mux::Stream> stream;
    std::uint64_t taken_bytes = 0;
    std::uint64_t taken_items = 0;
    bool finished = false;  // the peer's FIN was taken

    void wake() noexcept override { take(); }
    void take();
    /// A message as a socket's pump queues it: a slab of its own that has room for the header.
    void send_message(std::uint32_t bytes);
    void send_text(std::string_view text);
    /// Sends as much as the queue takes, as a pump does whose socket is never empty: a slab in four frames.
    void send_bulk(buffer::SlabPool& pool);
    /// Lets go of the stream, and is ready for the next one.
    void forget() noexcept;
};

using EndPtr = IntrusivePtr<End>;

/// A session and what its trunk keeps for it.
class Side final : public mux::SessionEvents {
public:
    Side(mux::Role role, buffer::SlabPool& pool, Random& random, TimePoint now);

    void on_control(Bytes) override {}
    void on_open(IntrusivePtr<mux::Stream> stream, const wire::Open& open) override;
    void on_goaway(wire::Code, std::string_view) override {}
    void on_drained() override {}
    void on_rotate_due() override {}

    mux::Session session;
    mux::Batch batch;
    /// Ends for streams that the peer opens; they are taken from the back.
    std::vector<EndPtr> idle_ends;

private:
    friend class SessionPair;
    buffer::SlabPool& pool_;
    // Where bytes arrive; kept between reads as a trunk does.
    struct ReadSlab {
        buffer::SlabPtr slab;
        std::uint32_t used = 0;
    };
    std::array<ReadSlab, 4> slabs_;
};

class SessionPair {
public:
    SessionPair();
    ~SessionPair();

    struct Ends {
        EndPtr visitor;
        EndPtr backend;
    };
    /// Opens streams, all answered.
    std::vector<Ends> open(std::size_t count);
    /// Starts to open a stream for this end; `exchange` does the rest.
    void begin_open(const EndPtr& visitor);

    /// Moves batches until neither session has something to send.
    void exchange();
    /// Brings what the server's session has just produced into `server.batch` to the client's.
    void deliver_produced() { deliver(server, client); }
    /// Gives each of these ends a stream, and ends both directions of it; backends must echo.
    void come_and_go(const std::vector<Ends>& ends);

    TimePoint now() const noexcept { return now_; }
    void advance(Duration time) noexcept { now_ += time; }

    buffer::SlabPool pool;
    /// The most bytes that one read gives; frames are cut there.
    std::uint32_t read_max = buffer::slab_bytes;

private:
    bool move(Side& from, Side& to);
    void deliver(Side& from, Side& to);
    void read(mux::Batch& batch, Side& to, Side::ReadSlab& into);

    buffer::SlabPool::Scope scope_;
    test::SeededRandom random_{1};
    TimePoint now_;

public:
    Side server;
    Side client;
};

}  // namespace ferrotunnel::instructions
