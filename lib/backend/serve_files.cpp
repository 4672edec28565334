#include "backend/serve_files.hpp"

#include <algorithm>
#include <span>
#include <system_error>
#include <utility>

#include "backend/file_responder.hpp"
#include "backend/folder.hpp"
#include "backend/served_stream.hpp"
#include "runtime/deferred.hpp"
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
class FileStream final : public ServedStream, private runtime::Deferred {
public:
    FileStream(runtime::Worker& worker, std::shared_ptr<const ClientService> service, IntrusivePtr<mux::Stream> stream,
               DialShared shared, std::unique_ptr<Tap> tap)
        : ServedStream(worker, std::move(stream)),
          service_(std::move(service)),
          shared_(std::move(shared)),
          tap_(std::move(tap)),
          responder_(service_->backend.folder, [this](std::error_code error) { tell(error); }) {}

    void serve();

private:
    void run_deferred() noexcept override { run(); }
    void step() override;
    void on_over() noexcept override;
    bool take_item();
    bool send_slab();
    void show(std::span<const MutableBytes> pieces, std::size_t bytes) noexcept;
    void tell(std::error_code error) const;

    const std::shared_ptr<const ClientService> service_;
    const DialShared shared_;
    std::unique_ptr<Tap> tap_;
    FileResponder responder_;
};

void FileStream::serve() {
    shared_.traffic->opened();
    begin();
    stream().accept();
    run();
}

// Reads requests and sends responses until one of them has to wait; either has armed the wake by then.
void FileStream::step() {
    while (!is_over()) {
        if (stream().stream_end()) {
            end();
            return;
        }
        if (!(responder_.is_answering() ? send_slab() : take_item())) {
            return;
        }
    }
}

// False if no more data is there for now.
bool FileStream::take_item() {
    if (responder_.has_ended()) {
        end_gracefully();
        return false;
    }
    const StreamItem* const item = stream().front();
    if (item == nullptr) {
        return !stream().try_park_receive();
    }
    switch (item->kind) {
        case StreamItem::Kind::data: {
            if (responder_.is_idle() && service_->backend.folder->is_retired()) {
                end_gracefully();  // the edge sends the request again, since none of it was read
                return false;
            }
            const std::uint32_t bytes = item->slice.size();
            responder_.take(item->slice.bytes());
            if (tap_) {
                tap_->to_backend(item->slice.bytes(), worker().now());
            }
            shared_.traffic->moved(&Traffic::to_sockets, bytes);
            stream().count_delivered(bytes);
            stream().consume(bytes);
            return true;
        }
        case StreamItem::Kind::fin:
            end_gracefully();
            return false;
        case StreamItem::Kind::reset:
        case StreamItem::Kind::datagram:
            break;
    }
    end_by_reset();
    return false;
}

// Sends the next part of a response. False if it waits for room, or for its next turn.
bool FileStream::send_slab() {
    while (!stream().can_send()) {
        if (stream().send_is_dead()) {
            end_by_reset();
            return false;
        }
        if (stream().try_park_send()) {
            return false;
        }
    }
    buffer::SlabPtr slab = worker().slabs().acquire();
    const trunk::Windows windows(*slab, stream(), true);
    const auto bytes = responder_.produce(windows.pieces());
    if (!bytes) {
        shared_.log.info("a file changed while it was being sent: the transfer was aborted",
                         {{"service", service_->name}});
        end_by_reset();
        return false;
    }
    shared_.traffic->moved(&Traffic::from_sockets, *bytes);
    show(windows.pieces(), *bytes);
    trunk::send_frames(stream(), std::move(slab), *bytes);
    if (responder_.is_answering()) {
        worker().defer(*this);  // others have a turn first
        return false;
    }
    return true;
}

void FileStream::show(std::span<const MutableBytes> pieces, std::size_t bytes) noexcept {
    for (std::size_t i = 0; tap_ && bytes > 0; ++i) {
        const Bytes piece = pieces[i].first(std::min(bytes, pieces[i].size()));
        tap_->from_backend(piece, worker().now());
        bytes -= piece.size();
    }
}

void FileStream::tell(std::error_code error) const {
    const BackendState::Names names{service_->name, service_->backend.text};
    if (error) {
        service_->backend_state->failed(names, error.message(), worker().now(), shared_.log);
    } else {
        service_->backend_state->answered(names, worker().now(), shared_.log);
    }
}

void FileStream::on_over() noexcept {
    cancel_deferred();
    shared_.traffic->stopped_sending();
    shared_.traffic->closed();
    if (tap_) {
        tap_->over(worker().now());
        tap_.reset();
    }
}

}  // namespace

void serve_files(runtime::Worker& worker, std::shared_ptr<const ClientService> service,
                 IntrusivePtr<mux::Stream> stream, DialShared shared, std::unique_ptr<Tap> tap) {
    check_here(worker);
    make_intrusive<FileStream>(worker, std::move(service), std::move(stream), std::move(shared), std::move(tap))
        ->serve();
}

}  // namespace ferrotunnel::backend
