// Serves the requests of a stream that has arrived at a client with files of a folder: no connection is made.
#pragma once

#include <memory>

#include "backend/dial.hpp"
#include "base/tap.hpp"

namespace ferrotunnel::backend {

/// Serves the stream from the service's `backend.folder` until either end ends it; call it on the worker, within
/// on_open. The stream is accepted at once: a missing folder produces a response too.
///
/// Files are read on the worker, at most one slab at a time, and only while the stream has room: a visitor that does
/// not read costs a slab and a descriptor. `tap` observes the data; null: none does.
void serve_files(runtime::Worker& worker, std::shared_ptr<const ClientService> service,
                 IntrusivePtr<mux::Stream> stream, DialShared shared, std::unique_ptr<Tap> tap);

}  // namespace ferrotunnel::backend
