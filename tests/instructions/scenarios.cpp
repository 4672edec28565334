#include "instructions/scenarios.hpp"

#include <cstring>
#include <memory>
#include <vector>

#include "base/check.hpp"
#include "instructions/edge_scenarios.hpp"
#include "instructions/http_scenarios.hpp"
#include "instructions/measurement.hpp"
#include "instructions/plugin_scenarios.hpp"
#include "instructions/session_pair.hpp"

namespace ferrotunnel::instructions {
namespace {

using namespace std::chrono_literals;
using Ends = std::vector<SessionPair::Ends>;

constexpr std::uint32_t message_bytes = 64;

// --- bulk ---

std::uint64_t taken_by_backends(const Ends& ends) {
    std::uint64_t bytes = 0;
    for (const SessionPair::Ends& pair : ends) {
        bytes += pair.backend->taken_bytes;
    }
    return bytes;
}

void send_bulk(SessionPair& pair, const Ends& ends, std::uint64_t bytes) {
    std::uint64_t goal = taken_by_backends(ends) + bytes;
    while (taken_by_backends(ends) < goal) {
        for (const SessionPair::Ends& some : ends) {
            some.visitor->send_bulk(pair.pool);
        }
        pair.exchange();
    }
}

// Lets both sessions count the bytes of their streams, as they do for a service.
void count_in_meters(SessionPair& pair) {
    pair.server.session.count_in(std::make_shared<metrics::Meter>());
    pair.client.session.count_in(std::make_shared<metrics::Meter>());
}

void bulk(std::uint64_t mebibytes, std::size_t streams, std::uint32_t read_max, bool metered = false) {
    SessionPair pair;
    if (metered) {
        count_in_meters(pair);
    }
    pair.read_max = read_max;
    Ends ends = pair.open(streams);
    send_bulk(pair, ends, 16_MiB);  // now windows have grown, and lists have their memory
    measurement::begin();
    send_bulk(pair, ends, mebibytes * 1_MiB);
    measurement::end();
}

void bulk_one(std::uint64_t mebibytes) {
    bulk(mebibytes, 1, buffer::slab_bytes);
}

void bulk_metered(std::uint64_t mebibytes) {
    bulk(mebibytes, 1, buffer::slab_bytes, true);
}

void bulk_ten(std::uint64_t mebibytes) {
    bulk(mebibytes, 10, buffer::slab_bytes);
}

// Reads of neither a frame's nor a slab's size, so that every header and payload is cut somewhere sooner or later.
void bulk_chopped(std::uint64_t mebibytes) {
    bulk(mebibytes, 1, 10'001);
}

// Full frames in small reads, for sockets that are full: a few bytes at a time join queues that grow long. What a piece
// costs must not depend on how many wait before it.
void slow_takers(std::uint64_t pieces) {
    constexpr std::size_t streams = 8;
    SessionPair pair;
    pair.read_max = 64;
    Ends ends = pair.open(streams);
    for (const SessionPair::Ends& some : ends) {
        some.backend->stalled = true;
    }
    measurement::begin();
    for (const SessionPair::Ends& some : ends) {
        some.visitor->send_bulk(pair.pool);
        pair.exchange();
    }
    measurement::end();
    for (const SessionPair::Ends& some : ends) {
        some.backend->stalled = false;
        some.backend->take();
        check(some.backend->taken_items >= pieces / streams, "a stream's queue was that long");
    }
}

// --- messages ---

void ask(SessionPair& pair, const Ends& ends, std::uint64_t rounds) {
    for (std::uint64_t round = 0; round < rounds; ++round) {
        for (const SessionPair::Ends& some : ends) {
            some.visitor->send_message(message_bytes);
        }
        pair.exchange();
    }
}

void request_answer(std::uint64_t requests, std::size_t streams, bool metered = false) {
    SessionPair pair;
    if (metered) {
        count_in_meters(pair);
    }
    Ends ends = pair.open(streams);
    for (const SessionPair::Ends& some : ends) {
        some.backend->echo = true;
    }
    ask(pair, ends, 20);
    std::uint64_t before = ends.back().visitor->taken_bytes;
    measurement::begin();
    ask(pair, ends, requests / streams);
    measurement::end();
    check(ends.back().visitor->taken_bytes - before == requests / streams * message_bytes, "every request is answered");
}

void requests_one(std::uint64_t requests) {
    request_answer(requests, 1);
}

// As requests_one, with counters of the streams' service: they may cost next to nothing.
void requests_metered(std::uint64_t requests) {
    request_answer(requests, 1, true);
}

void requests_many(std::uint64_t requests) {
    request_answer(requests, 256);
}

// All streams have a message at once: the cost of choosing among very many.
void many_ready(std::uint64_t messages) {
    constexpr std::size_t streams = 10'000;
    SessionPair pair;
    Ends ends = pair.open(streams);
    ask(pair, ends, 2);
    measurement::begin();
    ask(pair, ends, messages / streams);
    measurement::end();
    check(ends.back().backend->taken_bytes == (2 + messages / streams) * message_bytes, "every message arrives");
}

// --- life of streams ---

// A hundred visitors at a time come, are let in, and go.
void open_close(std::uint64_t streams) {
    constexpr std::size_t at_once = 100;
    SessionPair pair;
    Ends ends;
    for (std::size_t i = 0; i < at_once; ++i) {
        ends.push_back({make_intrusive<End>(), make_intrusive<End>()});
        ends.back().backend->echo = true;
    }
    pair.come_and_go(ends);
    measurement::begin();
    for (std::uint64_t done = 0; done < streams; done += at_once) {
        pair.come_and_go(ends);
    }
    measurement::end();
}

// Ten thousand visitors who say nothing must not cost anything when time passes.
void tick_idle(std::uint64_t ticks) {
    SessionPair pair;
    Ends ends = pair.open(10'000);
    Duration sum{};
    measurement::begin();
    for (std::uint64_t i = 0; i < ticks; ++i) {
        pair.advance(1ms);
        pair.server.session.tick(pair.now());
        sum += pair.server.session.next_deadline() - pair.now();
    }
    measurement::end();
    check(sum > Duration::zero(), "there is always a deadline");
}

// --- parts ---

class Counter final : public mux::FrameSink {
public:
    bool on_header(const wire::FrameHeader& header) override { return !wire::violation_of(header); }
    bool on_data(const wire::FrameHeader&, buffer::Slice piece, bool, bool last) override {
        sum += piece.size();
        frames += last ? 1U : 0U;
        return true;
    }
    bool on_frame(const wire::FrameHeader&, Bytes payload) override {
        sum += wire::decode_credit(payload).value_or(0);
        ++frames;
        return true;
    }
    std::uint64_t sum = 0;
    std::uint64_t frames = 0;
};

// Reads of 64 KiB full of small frames, DATA and CREDIT in turns.
void frame_decode(std::uint64_t frames) {
    buffer::SlabPool pool;
    buffer::SlabPool::Scope scope(pool);
    buffer::SlabPtr slab = pool.acquire();
    std::memset(slab->data(), 'd', slab->capacity());
    constexpr std::uint32_t pair_bytes = limits::frame_header_bytes + message_bytes + wire::credit_frame_bytes;
    std::uint32_t used = 0;
    for (; used + pair_bytes <= slab->capacity(); used += pair_bytes) {
        wire::encode_header({message_bytes, wire::FrameType::data, 0, 1}, slab->data() + used);
        wire::encode_credit(1, 1, slab->data() + used + limits::frame_header_bytes + message_bytes);
    }
    buffer::Slice read(slab, 0, used);
    mux::FrameReader reader;
    Counter counter;
    measurement::begin();
    while (counter.frames < frames) {
        reader.read(read, counter);
    }
    measurement::end();
}

// Bursts of eight, as a pump and a session hand over; the consumer rests in between.
using Queue = buffer::SpscQueue<mux::StreamItem, buffer::Spares::per_thread>;

void hand_over(Queue& queue, const buffer::SlabPtr& slab, std::uint64_t items) {
    constexpr std::uint64_t burst = 8;
    std::uint64_t bytes = 0;
    for (std::uint64_t done = 0; done < items; done += burst) {
        for (std::uint64_t i = 0; i < burst; ++i) {
            mux::StreamItem item;
            item.slice = buffer::Slice(slab, 0, message_bytes);
            queue.push(std::move(item));
        }
        (void)queue.unpark();
        while (mux::StreamItem* item = queue.front()) {
            bytes += item->slice.size();
            queue.drop_front();
        }
        check(queue.try_park(), "an empty queue parks");
    }
    check(bytes == items * message_bytes, "every item is handed over");
}

void queue(std::uint64_t items) {
    Queue queue;
    buffer::SlabPtr slab = buffer::make_slab(message_bytes);
    hand_over(queue, slab, 8);
    measurement::begin();
    hand_over(queue, slab, items);
    measurement::end();
}

void slab_pool(std::uint64_t slabs) {
    buffer::SlabPool pool;
    buffer::SlabPool::Scope scope(pool);
    auto ledger = make_intrusive<buffer::SlabLedger>();
    pool.acquire(ledger.get()).reset();
    measurement::begin();
    for (std::uint64_t i = 0; i < slabs; ++i) {
        pool.acquire(ledger.get()).reset();
    }
    measurement::end();
}

constexpr Scenario all[] = {
    {"bulk_one", "MiB", 64, bulk_one, "one stream, through both sessions"},
    {"bulk_metered", "MiB", 64, bulk_metered, "one stream, whose bytes are counted for its service"},
    {"bulk_ten", "MiB", 64, bulk_ten, "ten streams, through both sessions"},
    {"bulk_chopped", "MiB", 64, bulk_chopped, "one stream, reads that cut frames"},
    {"slow_takers", "piece", 8'000, slow_takers, "pieces of 64 bytes join queues of a thousand that nobody takes"},
    {"requests_one", "request", 10'000, requests_one, "64 bytes there and back, one after the other"},
    {"requests_metered", "request", 10'000, requests_metered, "requests_one, counted for a service"},
    {"requests_many", "request", 10'240, requests_many, "64 bytes there and back, 256 streams at once"},
    {"many_ready", "message", 20'000, many_ready, "64 bytes one way, 10,000 streams at once"},
    {"open_close", "stream", 10'000, open_close, "opened, answered and ended, a hundred at once"},
    {"tick_idle", "tick", 10'000, tick_idle, "time passes while 10,000 streams are idle"},
    {"frame_decode", "frame", 100'000, frame_decode, "small frames out of full reads"},
    {"queue", "item", 100'000, queue, "hand-over in bursts of eight"},
    {"slab_pool", "slab", 100'000, slab_pool, "taken and given back by the owner"},
    {"http_small", "request", 10'000, http_small, "the head of a small request is parsed"},
    {"http_browser", "request", 10'000, http_browser, "the head of a browser's request is parsed"},
    {"http_exchange", "exchange", 10'000, http_exchange, "both heads of an exchange are parsed and written"},
    {"edge_request", "request", 10'000, edge_request, "a browser's request and its answer, by a stream of the pool"},
    {"http_chunks", "chunk", 100'000, http_chunks, "a chunked body is read, 64 bytes a chunk"},
    {"plugin_heads", "exchange", 10'000, plugin_heads, "three plugins read and edit both heads of an exchange"},
    {"plugin_bodies", "exchange", 2'000, plugin_bodies, "three plugins collect a body and filter another"},
};

}  // namespace

std::span<const Scenario> scenarios() {
    return all;
}

}  // namespace ferrotunnel::instructions
