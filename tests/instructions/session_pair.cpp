#include "instructions/session_pair.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.hpp"

namespace ferrotunnel::instructions {

using namespace std::chrono_literals;
using mux::StreamItem;

namespace {

constexpr std::size_t frame_bytes = limits::frame_header_bytes + limits::data_payload_max;
constexpr std::size_t frames_per_slab = buffer::slab_bytes / frame_bytes;
constexpr std::size_t pieces_max = 64;           // of a gathered write, as trunk/pump.hpp has it
constexpr std::uint32_t worth_reading = 16_KiB;  // as trunk/trunk.cpp has it
constexpr std::size_t opens_at_once = limits::opens_unanswered_per_service_max;

class NoWaker final : public buffer::Waker {
public:
    void wake() noexcept override {}
};

mux::Settings settings_of(mux::Role role) {
    mux::Settings settings;
    settings.role = role;
    return settings;
}

}  // namespace

// --- ends ---

// As SocketPump::write_once, but for the system call: everything that is queued is gathered and then taken.
void End::take() {
    while (stream && !stalled) {
        std::array<std::uint32_t, pieces_max> sizes;  // NOLINT(cppcoreguidelines-pro-type-member-init)
        std::size_t count = 0;
        stream->for_each_inbound([&](StreamItem& item) {
            if (item.kind != StreamItem::Kind::data) {
                return false;
            }
            sizes[count++] = item.slice.size();
            return count < pieces_max;
        });
        std::uint32_t bytes = 0;
        for (std::size_t i = 0; i < count; ++i) {
            stream->consume(sizes[i]);
            bytes += sizes[i];
            if (hooks.item != nullptr) {
                hooks.item();
            }
        }
        stream->count_delivered(bytes);
        taken_bytes += bytes;
        taken_items += count;
        if (!answer.empty() && bytes > 0) {
            send_text(answer);
        } else if (echo && bytes > 0) {
            send_message(bytes);
        }
        if (count > 0) {
            continue;
        }
        StreamItem* item = stream->front();
        if (item == nullptr) {
            if (stream->try_park_receive()) {
                return;
            }
            continue;
        }
        check(item->kind == StreamItem::Kind::fin, "nothing but data and FIN comes");
        stream->drop_front();
        finished = true;
        if (echo) {
            stream->finish();
        }
    }
}

void End::send_message(std::uint32_t bytes) {
    constexpr std::uint32_t header = limits::frame_header_bytes;
    stream->send({buffer::make_slab(header + bytes), header, bytes}, true);
    stream->flush();
}

void End::send_text(std::string_view text) {
    constexpr std::uint32_t header = limits::frame_header_bytes;
    const auto bytes = static_cast<std::uint32_t>(text.size());
    buffer::Slice message(buffer::make_slab(header + bytes), header, bytes);
    std::memcpy(message.data(), text.data(), bytes);
    stream->send(std::move(message), true);
    stream->flush();
}

void End::send_bulk(buffer::SlabPool& pool) {
    while (stream->can_send()) {
        buffer::SlabPtr slab = pool.acquire();
        for (std::size_t i = 0; i < frames_per_slab; ++i) {
            stream->send({slab, static_cast<std::uint32_t>(i * frame_bytes + limits::frame_header_bytes),
                          static_cast<std::uint32_t>(limits::data_payload_max)},
                         true);
        }
        stream->flush();
    }
    (void)stream->try_park_send();
}

void End::forget() noexcept {
    stream.reset();
    finished = false;
}

// --- sides ---

Side::Side(mux::Role role, buffer::SlabPool& pool, Random& random, TimePoint now)
    : session(settings_of(role), *this, make_intrusive<NoWaker>(), pool, random, now), batch(pool), pool_(pool) {}

void Side::on_open(IntrusivePtr<mux::Stream> stream, const wire::Open&) {
    check(!idle_ends.empty(), "there is an end for each stream that is opened");
    EndPtr end = std::move(idle_ends.back());
    idle_ends.pop_back();
    stream->attach(end, false);
    end->stream = std::move(stream);
    end->stream->accept();
    end->take();  // nothing is there yet: it parks, to be woken
}

// --- the pair ---

SessionPair::SessionPair()
    : scope_(pool),
      now_(TimePoint{} + 1000h),
      server(mux::Role::server, pool, random_, now_),
      client(mux::Role::client, pool, random_, now_) {
    server.session.establish({});
    client.session.establish({});
    exchange();
}

SessionPair::~SessionPair() {
    server.session.check_invariants();
    client.session.check_invariants();
    check(!server.session.failure() && !client.session.failure(), "neither session has failed");
}

std::vector<SessionPair::Ends> SessionPair::open(std::size_t count) {
    std::vector<Ends> all;
    all.reserve(count);
    while (all.size() < count) {
        std::size_t begin = all.size();
        std::size_t n = std::min(count - begin, opens_at_once);
        for (std::size_t i = 0; i < n; ++i) {
            all.push_back({make_intrusive<End>(), make_intrusive<End>()});
        }
        for (std::size_t i = 0; i < n; ++i) {
            client.idle_ends.push_back(all[begin + n - 1 - i].backend);  // the last one is taken first
        }
        for (std::size_t i = 0; i < n; ++i) {
            begin_open(all[begin + i].visitor);
        }
        exchange();
    }
    return all;
}

void SessionPair::begin_open(const EndPtr& visitor) {
    mux::Session::OpenRequest request;
    request.visitor.family = 4;
    request.visitor.port = 40'000;
    auto stream = server.session.open(request, visitor, false, now_);
    check(static_cast<bool>(stream), "the session opens a stream");
    visitor->stream = std::move(*stream);
    visitor->take();
}

void SessionPair::come_and_go(const std::vector<Ends>& ends) {
    for (const Ends& some : ends) {
        client.idle_ends.push_back(some.backend);
    }
    for (const Ends& some : ends) {
        begin_open(some.visitor);
    }
    exchange();
    for (const Ends& some : ends) {
        some.visitor->stream->finish();
    }
    exchange();
    for (const Ends& some : ends) {
        check(some.visitor->finished && some.backend->finished, "both directions have ended");
        some.visitor->forget();
        some.backend->forget();
    }
}

void SessionPair::exchange() {
    bool again = true;
    while (again) {
        again = move(server, client);
        again = move(client, server) || again;
    }
    server.slabs_ = {};  // as those of a trunk that is read to its end
    client.slabs_ = {};
}

// Moves one batch. False when there was none.
bool SessionPair::move(Side& from, Side& to) {
    if (!from.session.produce(from.batch, now_)) {
        return false;
    }
    deliver(from, to);
    return true;
}

void SessionPair::deliver(Side& from, Side& to) {
    now_ += 20us;
    std::size_t bytes = from.batch.bytes();
    // As Trunk::read_round on a busy trunk.
    while (!from.batch.empty()) {
        for (std::size_t i = 0; i < to.slabs_.size() && !from.batch.empty(); ++i) {
            read(from.batch, to, to.slabs_[i]);
        }
        to.session.settle();
    }
    from.session.written(bytes, now_);
}

// As Trunk::read_once.
void SessionPair::read(mux::Batch& batch, Side& to, Side::ReadSlab& into) {
    if (into.slab && into.slab->unique()) {
        into.used = 0;
    } else if (!into.slab || into.slab->capacity() - into.used < worth_reading) {
        into.slab = pool.acquire(to.session.ledger().get());
        into.used = 0;
    }
    std::uint32_t length = std::min(read_max, into.slab->capacity() - into.used);
    if (hooks.kernel != nullptr) {
        hooks.kernel(true);
    }
    std::uint32_t copied = 0;
    for (Bytes piece : batch.pieces()) {
        std::size_t n = std::min<std::size_t>(piece.size(), length - copied);
        std::memcpy(into.slab->data() + into.used + copied, piece.data(), n);
        copied += static_cast<std::uint32_t>(n);
    }
    if (hooks.kernel != nullptr) {
        hooks.kernel(false);
    }
    batch.advance(copied);
    buffer::Slice bytes(into.slab, into.used, copied);
    into.used += copied;
    to.session.take(bytes, now_);
}

}  // namespace ferrotunnel::instructions
