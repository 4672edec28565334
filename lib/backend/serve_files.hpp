// Answers the requests of a stream that has arrived at a client with files of a folder: no connection is made.
#pragma once

#include <memory>

#include "backend/dial.hpp"
#include "base/tap.hpp"

namespace ferrotunnel::backend {

/// Serves the stream from the service's `backend.folder` until either end ends it; to be called on the worker, within
/// on_open. The stream is accepted at once: a folder that is not there is an answer too.
///
/// Files are read on the worker, at most one slab at a time, and only while the stream has room: a visitor who does not
/// read costs a slab and a descriptor. `tap` sees what passes; null: nobody does.
void serve_files(runtime::Worker& worker, std::shared_ptr<const ClientService> service,
                 IntrusivePtr<mux::Stream> stream, DialShared shared, std::unique_ptr<Tap> tap);

}  // namespace ferrotunnel::backend
