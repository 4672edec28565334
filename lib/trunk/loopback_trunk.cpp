#include "trunk/loopback_trunk.hpp"

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>

#include "mux/batch.hpp"
#include "runtime/system_random.hpp"

namespace ferrotunnel::trunk {
namespace {

// How often each end may send before others of the worker have their turn.
constexpr int carries_per_turn = 16;

mux::Settings settings_of(mux::Role role) {
    mux::Settings settings;
    settings.role = role;
    return settings;
}

}  // namespace

class LoopbackTrunk::End final : private mux::SessionEvents {
public:
    End(LoopbackTrunk& line, mux::Role role)
        : session(settings_of(role), *this, IntrusivePtr<buffer::Waker>(&line), line.worker_.slabs(),
                  runtime::system_random(), line.worker_.now()),
          line_(line) {
        session.establish({});
    }

    mux::Session session;

private:
    void on_open(IntrusivePtr<mux::Stream> stream, const wire::Open& open) override {
        line_.on_stream_(std::move(stream), open);
    }
    // Neither end sends this kind of message.
    void on_control(Bytes) override {}
    void on_goaway(wire::Code, std::string_view) override {}
    void on_drained() override {}
    void on_rotate_due() override {}

    LoopbackTrunk& line_;
};

LoopbackTrunk::LoopbackTrunk(runtime::Worker& worker, OnStream on_stream)
    : worker_(worker), mailbox_(worker.mailbox()), on_stream_(std::move(on_stream)) {
    check_here(worker_);
    near_ = std::make_unique<End>(*this, mux::Role::server);
    far_ = std::make_unique<End>(*this, mux::Role::client);
    worker.shutdown_hooks().add(*this);
}

LoopbackTrunk::~LoopbackTrunk() = default;

Result<IntrusivePtr<mux::Stream>, wire::Code> LoopbackTrunk::open(const mux::Session::OpenRequest& request) {
    check_here(worker_);
    if (!near_) {
        return wire::Code::going_away;
    }
    auto stream = near_->session.open(request, IntrusivePtr<buffer::Waker>(this), false, worker_.now());
    worker_.defer(*this);
    return stream;
}

void LoopbackTrunk::wake() noexcept {
    if (worker_.here()) {
        if (near_) {
            worker_.defer(*this);
        }
    } else {
        (void)mailbox_->post_call([self = IntrusivePtr<LoopbackTrunk>(this)] { self->wake(); });
    }
}

void LoopbackTrunk::run_deferred() noexcept {
    if (!near_) {
        return;
    }
    const IntrusivePtr<LoopbackTrunk> keep(this);
    in_sessions_ = true;
    try {
        bool moved = true;
        for (int i = 0; i < carries_per_turn && moved && !closing_; ++i) {
            moved = carry(*near_, *far_);
            moved = carry(*far_, *near_) || moved;
        }
        if (moved) {
            worker_.defer(*this);
        }
    } catch (const std::exception&) {  // there is no memory
        closing_ = true;
    }
    in_sessions_ = false;
    if (closing_ || near_->session.failure() || far_->session.failure()) {
        lose_sessions();
    }
}

// Gives the output of `from` to `to`. False if there was none.
bool LoopbackTrunk::carry(End& from, End& to) {
    mux::Batch batch(worker_.slabs());
    if (!from.session.produce(batch, worker_.now())) {
        return false;
    }
    const std::size_t bytes = batch.bytes();
    for (Bytes piece : batch.pieces()) {
        while (!piece.empty()) {
            const buffer::SlabPtr slab = worker_.slabs().acquire(to.session.ledger().get());
            const std::size_t part = std::min<std::size_t>(piece.size(), slab->capacity());
            std::memcpy(slab->data(), piece.data(), part);
            to.session.take({slab, 0, static_cast<std::uint32_t>(part)}, worker_.now());
            piece = piece.subspan(part);
        }
    }
    batch.clear();
    from.session.written(bytes, worker_.now());
    to.session.settle();
    return true;
}

void LoopbackTrunk::close() noexcept {
    check_here(*mailbox_);
    closing_ = true;
    if (!in_sessions_) {
        lose_sessions();
    }
}

// The sessions hold this trunk as their waker: it is destroyed with them, after the last stream.
void LoopbackTrunk::lose_sessions() noexcept {
    const IntrusivePtr<LoopbackTrunk> keep(this);
    const std::unique_ptr<End> near = std::move(near_);
    const std::unique_ptr<End> far = std::move(far_);
    leave();
    cancel_deferred();
    for (End* end : {near.get(), far.get()}) {
        if (end != nullptr) {
            end->session.lose();
        }
    }
}

}  // namespace ferrotunnel::trunk
