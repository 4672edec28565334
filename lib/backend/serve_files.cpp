#include "backend/serve_files.hpp"

#include <exception>
#include <system_error>
#include <utility>

#include "backend/file_conversation.hpp"
#include "backend/folder.hpp"
#include "runtime/deferred.hpp"
#include "runtime/shutdown_hook.hpp"
#include "trunk/frame_windows.hpp"
#include "trunk/traffic.hpp"

namespace ferrotunnel::backend {
namespace {

using mux::StreamItem;
using trunk::Traffic;
using wire::Code;

// The endpoint half of one stream, on the worker of its trunk. It keeps itself alive until it is over.
//
//   taking requests <--> sending an answer, a slab a turn --last one was sent, or the edge's end--> over (in order)
//        \-------------------\--stream aborted or reset, file changed, worker ends----------------> over (reset)
class FileStream final : public buffer::Waker, private runtime::ShutdownHook, private runtime::Deferred {
public:
    FileStream(runtime::Worker& worker, std::shared_ptr<const ClientService> service, IntrusivePtr<mux::Stream> stream,
               DialShared shared)
        : worker_(worker),
          service_(std::move(service)),
          stream_(std::move(stream)),
          shared_(std::move(shared)),
          conversation_(service_->backend.folder, [this](std::error_code error) { tell(error); }) {}

    void begin();
    void wake() noexcept override;

private:
    void on_worker_end() noexcept override;
    void run_deferred() noexcept override { run(); }
    void run() noexcept;
    void step();
    bool take_item();
    bool send_slab();
    void tell(std::error_code error) const;
    void end_in_order();
    void end_by_reset();
    void end() noexcept;

    runtime::Worker& worker_;
    const std::shared_ptr<const ClientService> service_;
    IntrusivePtr<mux::Stream> stream_;  // null when it is over
    const DialShared shared_;
    FileConversation conversation_;
    bool running_ = false;
    bool again_ = false;
    IntrusivePtr<FileStream> self_;
};

void FileStream::begin() {
    self_ = IntrusivePtr<FileStream>(this);
    worker_.shutdown_hooks().add(*this);
    shared_.traffic->opened();
    stream_->attach(IntrusivePtr<buffer::Waker>(this), false);
    stream_->accept();
    run();
}

void FileStream::wake() noexcept {
    // The stream's session lives on the same worker; if that has ended, this thread tears down what lived there.
    if (!worker_.here() && !worker_.mailbox()->is_closed()) {
        (void)worker_.mailbox()->post_call([self = IntrusivePtr<FileStream>(this)] { self->run(); });
        return;
    }
    run();
}

void FileStream::on_worker_end() noexcept {
    const IntrusivePtr<FileStream> keep(this);
    end();
}

// The session wakes it from within its own calls, hence the guard against recursion.
void FileStream::run() noexcept {
    if (std::exchange(running_, true)) {
        again_ = true;
        return;
    }
    const IntrusivePtr<FileStream> keep(this);
    do {
        again_ = false;
        try {
            step();
        } catch (const std::exception&) {
            // Out of memory, or a bug: only this stream ends.
            if (stream_) {
                stream_->abort(Code::internal);
            }
            end();
        }
    } while (again_ && stream_);
    running_ = false;
}

// Takes requests and sends answers until one of them has to wait; either has armed the wake by then.
void FileStream::step() {
    while (stream_) {
        if (stream_->verdict()) {
            end();
            return;
        }
        if (!(conversation_.is_answering() ? send_slab() : take_item())) {
            return;
        }
    }
}

// False: nothing more is there for now.
bool FileStream::take_item() {
    if (conversation_.has_ended()) {
        end_in_order();
        return false;
    }
    const StreamItem* const item = stream_->front();
    if (item == nullptr) {
        return !stream_->try_park_receive();
    }
    switch (item->kind) {
        case StreamItem::Kind::data: {
            if (conversation_.is_idle() && service_->backend.folder->is_retired()) {
                end_in_order();  // the edge sends the request once more, since nothing of it was taken
                return false;
            }
            const std::uint32_t bytes = item->slice.size();
            conversation_.take(item->slice.bytes());
            shared_.traffic->moved(&Traffic::to_sockets, bytes);
            stream_->count_delivered(bytes);
            stream_->consume(bytes);
            return true;
        }
        case StreamItem::Kind::fin:
            end_in_order();
            return false;
        case StreamItem::Kind::reset:
        case StreamItem::Kind::datagram:
            break;
    }
    end_by_reset();
    return false;
}

// Sends the next part of an answer. False: it waits for room, or for its next turn.
bool FileStream::send_slab() {
    while (!stream_->can_send()) {
        if (stream_->send_is_dead()) {
            end_by_reset();
            return false;
        }
        if (stream_->try_park_send()) {
            return false;
        }
    }
    buffer::SlabPtr slab = worker_.slabs().acquire();
    const trunk::Windows windows(*slab, *stream_, true);
    const auto bytes = conversation_.produce(windows.pieces());
    if (!bytes) {
        shared_.log.info("a file has changed while it was sent: the transfer is cut", {{"service", service_->name}});
        end_by_reset();
        return false;
    }
    shared_.traffic->moved(&Traffic::from_sockets, *bytes);
    trunk::send_frames(*stream_, std::move(slab), *bytes);
    if (conversation_.is_answering()) {
        worker_.defer(*this);  // others have their turn first
        return false;
    }
    return true;
}

void FileStream::tell(std::error_code error) const {
    const BackendState::Names names{service_->name, service_->backend.text};
    if (error) {
        service_->backend_state->failed(names, error.message(), worker_.now(), shared_.log);
    } else {
        service_->backend_state->answered(names, worker_.now(), shared_.log);
    }
}

// The reset behind the end says how much was taken, so that the edge can send a request elsewhere that was on its way
// here; as of a backend that closes its connection.
void FileStream::end_in_order() {
    stream_->finish();
    stream_->reset(Code::connection_reset);
    end();
}

void FileStream::end_by_reset() {
    stream_->reset(Code::connection_reset);
    end();
}

void FileStream::end() noexcept {
    if (!stream_) {
        return;
    }
    leave();
    cancel_deferred();
    const IntrusivePtr<mux::Stream> stream = std::move(stream_);
    stream->stop_receiving();
    shared_.traffic->stopped_sending();
    shared_.traffic->closed();
    self_.reset();  // last: this may destroy it
}

}  // namespace

void serve_files(runtime::Worker& worker, std::shared_ptr<const ClientService> service,
                 IntrusivePtr<mux::Stream> stream, DialShared shared) {
    make_intrusive<FileStream>(worker, std::move(service), std::move(stream), std::move(shared))->begin();
}

}  // namespace ferrotunnel::backend
