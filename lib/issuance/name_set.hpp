// All names with a certificate, or that shall have one, and when each is due.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "acme/renewal.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "issuance/due_queue.hpp"
#include "issuance/guest_names.hpp"
#include "issuance/name_entry.hpp"
#include "issuance/saved_records.hpp"
#include "issuance/store.hpp"

namespace ferrotunnel::issuance {

/// Whether the chain is for exactly these names.
bool has_names(const acme::IssuedChain& chain, const acme::Identifiers& names);

/// One thread. The time is given, so that tests can choose it.
class NameSet {
public:
    struct Needs {
        DueQueue& queue;
        const Store& store;
        Logger& log;
        Random& random;
        std::function<bool(std::string_view host)> is_offered;
        std::size_t guests_max = limits::guest_names_max;
    };

    explicit NameSet(Needs needs) : needs_(std::move(needs)), guests_(needs_.guests_max) {}

    /// The certificates in the store, and these failures.
    void load(const Failures& failures, WallTime now);
    void set(const Settings& settings, WallTime now);
    /// A client has registered this host. There is no entry for it if a wildcard covers it, if it cannot have a
    /// certificate, or if there are too many.
    void offered(const std::string& host, const std::string& token, WallTime now);

    NameEntry* find(std::string_view name);
    /// Whether an entry of DueQueue::pop() is to be ordered or renewed. If not, it has ended, and is put away or
    /// dropped.
    bool is_wanted(NameEntry& entry, WallTime now);
    /// An attempt has ended; `next` and the rest of the entry say what is next. Wildcards: those that they cover
    /// follow. The entry may be dropped.
    void concluded(NameEntry& entry, WallTime now);
    /// The certificate in the store is used from now on.
    void set_certificate(NameEntry& entry, Store::Certificate certificate);
    /// The store has got a certificate of another member of the cluster. The entry that has it now; null: none.
    NameEntry* have_file(const std::string& file, WallTime now);
    /// Whether a certificate of another member, for names that have none here, may be saved: all names, and those that
    /// nobody wants, have a bound. `names` is not empty.
    bool has_room_for_shared(const acme::Identifiers& names, WallTime now);
    /// Null if there is none.
    NameEntry* find_file(std::string_view file);
    /// Sets when an entry is due, by what it says. Drops a new name that a wildcard serves.
    void schedule(NameEntry& entry, WallTime now);

    /// What the store keeps of failures.
    Failures failures(WallTime now) const;
    const std::map<std::string, std::unique_ptr<NameEntry>, std::less<>>& all() const noexcept { return entries_; }
    /// Called when an entry is scheduled or put away, or with null when it is dropped.
    std::function<void(const std::string& name, const NameEntry* entry)> on_change{};

private:
    NameEntry* load_file(const std::string& file, WallTime now);
    NameEntry& add(const std::string& name, acme::Identifiers names, WallTime now);
    NameEntry& add(const std::string& name, acme::Identifiers names, std::optional<Store::Certificate> present,
                   WallTime now);
    void drop(NameEntry& entry);
    void put_away(NameEntry& entry, WallTime now);
    void queue(NameEntry& entry, WallTime due);
    std::optional<Store::Certificate> present_certificate(const std::string& file) const;
    void have_certificate(NameEntry& entry, std::optional<Store::Certificate> present, WallTime now);
    void unconfigure(NameEntry& entry);
    bool has_room(const std::string& token, WallTime now);
    void drop_unoffered(const std::string& token);
    void note_new(NameEntry& entry);
    void forget_new(const NameEntry& entry);
    const NameEntry* cover_of(const NameEntry& entry) const;
    const NameEntry* cover_of(std::string_view host) const;
    bool is_covered(const NameEntry& entry, WallTime now) const;
    void reconsider_covered(const NameEntry& wildcard, WallTime now);
    void keep_failure(const std::string& name, SavedFailure failure);

    Needs needs_;
    std::size_t orders_per_token_ = 0;
    GuestNames guests_;
    std::map<std::string, std::unique_ptr<NameEntry>, std::less<>> entries_;
    std::map<std::string_view, NameEntry*> of_file_;             // all of entries_; each key is its entry's
    std::map<std::string, std::set<std::string>> new_of_token_;  // names without a certificate, of clients
    Failures past_;                                              // failures of names that have no entry
    WallTime cleaned_{};                                         // when room was last made
    bool is_full_logged_ = false;
};

}  // namespace ferrotunnel::issuance
