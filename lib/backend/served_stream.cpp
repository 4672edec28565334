#include "backend/served_stream.hpp"

#include <utility>

#include "wire/code.hpp"

namespace ferrotunnel::backend {

using wire::Code;

ServedStream::ServedStream(runtime::Worker& worker, IntrusivePtr<mux::Stream> stream)
    : worker_(worker), stream_(std::move(stream)) {
    check_here(worker_);
}

ServedStream::~ServedStream() = default;

void ServedStream::begin() {
    check_here(worker_);
    self_ = IntrusivePtr<ServedStream>(this);
    worker_.shutdown_hooks().add(*this);
    stream_->attach(IntrusivePtr<buffer::Waker>(this), false);
}

void ServedStream::wake() noexcept {
    // The stream's session lives on the same worker; if that has ended, this thread tears down what lived there.
    if (!worker_.here() && !worker_.mailbox()->is_closed()) {
        (void)worker_.mailbox()->post_call([self = IntrusivePtr<ServedStream>(this)] { self->run(); });
        return;
    }
    run();
}

void ServedStream::run() noexcept {
    check_here(worker_);
    const auto failed = [this](const std::exception&) { fail(); };
    const auto step_if_live = [this] {
        if (stream_) {
            step();
        }
    };
    steps_.run(this, step_if_live, failed, [this] { return stream_ != nullptr; });
}

void ServedStream::on_worker_end() noexcept {
    const IntrusivePtr<ServedStream> keep(this);
    end();
}

// Out of memory, or a bug: only this stream ends.
void ServedStream::fail() noexcept {
    if (stream_) {
        stream_->abort(Code::internal);
    }
    end();
}

void ServedStream::end_gracefully() {
    stream_->finish();
    stream_->reset(Code::connection_reset);
    end();
}

void ServedStream::end_by_reset() {
    stream_->reset(Code::connection_reset);
    end();
}

void ServedStream::end() noexcept {
    check_here(worker_);
    if (!self_) {
        return;
    }
    leave();
    on_over();
    if (const IntrusivePtr<mux::Stream> stream = std::move(stream_)) {
        stream->stop_receiving();
    }
    self_.reset();  // last: this may destroy it
}

}  // namespace ferrotunnel::backend
