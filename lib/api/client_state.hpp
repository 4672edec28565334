// State shared by the application's threads and the link's worker.
#pragma once

#include <string>

#include "api/client_status.hpp"
#include "api/service_entries.hpp"
#include "api/visit_table.hpp"
#include "base/mutex.hpp"

namespace ferrotunnel::detail {

/// The state of a Client under one mutex, which is never held while user code runs. Orders to the link are posted with
/// the lock held, so that it receives changes in the order in which they are made.
struct ClientState {
    ClientState(ServiceEntries::Needs needs, bool wants_handover, bool shares)
        : shares_addresses(shares), services(std::move(needs)), status(wants_handover) {}

    const bool shares_addresses;  // the process that this one replaces may still listen where this one does

    mutable Mutex mutex;
    ConditionVariable changed;
    ServiceEntries services GUARDED_BY(mutex);
    VisitTable visits GUARDED_BY(mutex);
    ClientStatus status GUARDED_BY(mutex);
    std::string kept_beside GUARDED_BY(mutex);  // the configuration file; empty if nothing is kept
};

}  // namespace ferrotunnel::detail
