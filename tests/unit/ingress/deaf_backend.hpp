// What a test of the edge puts in a backend's place to hold a stream itself.
#pragma once

#include <atomic>
#include <string>
#include <utility>

#include "unit/ingress/edge_rig.hpp"

namespace ferrotunnel::ingress::test {

/// The client's end of a stream whose backend takes nothing, so that credit never comes back.
class DeafBackend {
public:
    explicit DeafBackend(EdgeRig& rig) : rig_(rig) {
        on(rig.pair.worker, [this] {
            rig_.pair.client.on_stream = [this](IntrusivePtr<mux::Stream> stream, const wire::Open&) {
                stream->attach(make_intrusive<NullWaker>(), false);
                stream->accept();
                stream_ = std::move(stream);
                there_ = true;
            };
        });
    }
    ~DeafBackend() {
        on(rig_.pair.worker, [this] {
            rig_.pair.client.on_stream = nullptr;
            stream_.reset();
        });
    }

    bool is_there() const { return there_; }
    void send(const std::string& text, bool end = false) {
        on(rig_.pair.worker, [&] {
            stream_->send(buffer::Slice::copy_of(as_bytes(text)), false);
            if (end) {
                stream_->finish();
            }
            stream_->flush();
        });
    }
    void finish() {
        on(rig_.pair.worker, [this] { stream_->finish(); });
    }
    /// Whether something has come by the stream; it stays there.
    bool has_bytes() {
        return on(rig_.pair.worker, [this] { return stream_ && stream_->front() != nullptr; });
    }
    bool is_aborted() {
        return on(rig_.pair.worker, [this] { return stream_->stream_end().kind == mux::StreamEnd::Kind::aborted; });
    }

private:
    EdgeRig& rig_;
    IntrusivePtr<mux::Stream> stream_;  // used on the worker alone
    std::atomic<bool> there_{false};
};

}  // namespace ferrotunnel::ingress::test
