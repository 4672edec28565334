#include "transport/certificate_store.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace ferrotunnel::transport {

namespace {

namespace fs = std::filesystem;
using WallTime = CertificateStore::WallTime;

// The kernel's clock for files has ticks: a second write within one tick leaves the stamp unchanged.
constexpr auto stamp_settles_after = std::chrono::seconds(2);

bool may_still_change(const FileStamp& stamp, WallTime now) {
    const auto changed = WallTime(std::chrono::duration_cast<WallTime::duration>(
        std::chrono::nanoseconds(std::max(stamp.changed_ns, stamp.modified_ns))));
    return stamp.size >= 0 && changed + stamp_settles_after > now && changed - stamp_settles_after < now;
}

}  // namespace

bool CertificateReport::errors() const noexcept {
    return std::any_of(problems.begin(), problems.end(), [](const auto& problem) { return !problem.warning; });
}

CertificateStore::CertificateStore(CertificateSources sources)
    : sources_(std::move(sources)), snapshot_(std::make_shared<CertificateSnapshot>()) {}

std::shared_ptr<const CertificateSnapshot> CertificateStore::snapshot() const {
    const MutexLock lock(swap_);
    return snapshot_;
}

void CertificateStore::set_sources(CertificateSources sources) {
    const MutexLock lock(loading_);
    sources_ = std::move(sources);
}

std::optional<CertificateReport> CertificateStore::reload_if_changed(WallTime now) {
    const MutexLock lock(loading_);
    bool changed = find_pairs();
    report_.read = 0;
    for (auto& [place, pair] : pairs_) {
        changed = refresh(pair, place.rank < Rank::ordered, now) || changed;
    }
    chains_.sweep();
    if (!changed && loaded_) {
        return std::nullopt;
    }
    loaded_ = true;
    publish(now);
    return report_;
}

CertificateReport CertificateStore::report() const {
    const MutexLock lock(loading_);
    return report_;
}

// Finds out which pairs there are. A folder that cannot be listed keeps its earlier ones.
bool CertificateStore::find_pairs() {
    std::map<Place, CertificateFiles> wanted;
    for (const CertificateFiles& files : sources_.files) {
        wanted[{Rank::file, files.certificate, {}}] = files;
    }
    if (!sources_.fallback.certificate.empty()) {
        wanted[{Rank::fallback, sources_.fallback.certificate, {}}] = sources_.fallback;
    }
    bool changed = find_credentials(wanted);
    std::vector<CertificateProblem> problems;
    for (const fs::path& folder : sources_.folders) {
        list_folder(folder, Rank::folder, wanted, problems);
    }
    if (!sources_.ordered.empty()) {
        list_folder(sources_.ordered, Rank::ordered, wanted, problems);
    }
    if (!sources_.own.empty()) {
        list_folder(sources_.own, Rank::own, wanted, problems);
    }
    changed = std::exchange(folder_problems_, problems) != problems || changed;
    changed = std::erase_if(pairs_, [&](const auto& entry) { return !wanted.contains(entry.first); }) != 0 || changed;
    for (auto& [place, files] : wanted) {
        Pair& pair = pairs_[place];
        if (pair.files != files) {
            pair.files = std::move(files);
            pair.unsettled = true;
        }
    }
    return changed;
}

// Adds certificates from memory, which have no path. True if one was replaced.
bool CertificateStore::find_credentials(std::map<Place, CertificateFiles>& wanted) {
    bool changed = false;
    const auto add = [&](Rank rank, std::size_t number, const std::shared_ptr<CredentialState>& credential)
                         REQUIRES(loading_) {
                             const Place place{rank, {}, "credential " + std::to_string(number)};
                             wanted[place] = {};
                             Pair& pair = pairs_[place];
                             if (pair.credential != credential) {
                                 pair = {};
                                 pair.credential = credential;
                                 changed = true;
                             }
                         };
    for (std::size_t i = 0; i < sources_.credentials.size(); ++i) {
        add(Rank::file, i, sources_.credentials[i]);
    }
    if (sources_.fallback_credential) {
        add(Rank::fallback, 0, sources_.fallback_credential);
    }
    return changed;
}

void CertificateStore::list_folder(const fs::path& folder, Rank rank, std::map<Place, CertificateFiles>& wanted,
                                   std::vector<CertificateProblem>& problems) const {
    FolderListing listing = list_certificates(folder);
    for (FoundCertificate& found : listing.found) {
        wanted[{rank, folder, found.name}] = std::move(found.files);
    }
    if (!listing.error.empty()) {
        problems.push_back(
            {folder, "the folder cannot be listed: " + listing.error, false, keep_folder(folder, rank, wanted)});
    }
}

bool CertificateStore::keep_folder(const fs::path& folder, Rank rank, std::map<Place, CertificateFiles>& wanted) const {
    bool any = false;
    for (const auto& [place, pair] : pairs_) {
        if (place.rank == rank && place.path == folder) {
            wanted[place] = pair.files;
            any = true;
        }
    }
    return any;
}

// Reads the pair if its files are no longer those that were read. True when that made a difference.
bool CertificateStore::refresh(Pair& pair, bool needs_hosts, WallTime now) {
    if (pair.credential) {  // which was checked before
        std::shared_ptr<const LoadedCertificate> present = pair.credential->current();
        const bool changed = std::exchange(pair.loaded, present) != present;
        report_.read += changed ? 1 : 0;
        return changed;
    }
    // The stamps are taken before the files are read, so that the next call notices a change in between.
    const FileStamp certificate = stamp_of(pair.files.certificate);
    const FileStamp key = pair.files.key.empty() ? FileStamp{} : stamp_of(pair.files.key);
    if (!pair.unsettled && certificate == pair.certificate_stamp && key == pair.key_stamp) {
        return false;
    }
    pair.certificate_stamp = certificate;
    pair.key_stamp = key;
    pair.unsettled = may_still_change(certificate, now) || may_still_change(key, now);

    CertificateReading reading = read_certificate(pair.files, needs_hosts, now, chains_);
    std::vector<CertificateProblem> problems;
    for (std::string& warning : reading.warnings) {
        problems.push_back({reading.file, std::move(warning), true, false});
    }
    if (!reading.loaded) {
        problems.push_back({reading.file, std::move(reading.error), false, pair.loaded != nullptr});
    }
    bool changed = std::exchange(pair.problems, problems) != problems;
    if (reading.loaded && (!pair.loaded || pair.loaded->content != reading.loaded->content)) {
        pair.loaded = std::move(reading.loaded);
        ++report_.read;
        changed = true;
    }
    return changed;
}

// All candidates, the best first. Of two for the same name and kind of key, files precede folders, then the one that is
// valid already, then the one that is valid longest.
std::vector<CertificateStore::Candidate> CertificateStore::by_preference(WallTime now) const {
    std::vector<Candidate> all;
    for (const auto& [place, pair] : pairs_) {
        if (pair.loaded) {
            all.push_back({place.rank, pair.loaded});
        }
    }
    const auto order = [now](const Candidate& candidate) {
        return std::tuple(candidate.rank, candidate.loaded->not_before > now,
                          -candidate.loaded->not_after.time_since_epoch());
    };
    std::stable_sort(all.begin(), all.end(),
                     [&](const auto& left, const auto& right) { return order(left) < order(right); });
    return all;
}

void CertificateStore::publish(WallTime now) {
    using Source = CertificateSnapshot::Source;
    auto next = std::make_shared<CertificateSnapshot>();
    std::vector<CertificateExpiry> expiries;
    report_.certificates = 0;
    for (const Candidate& candidate : by_preference(now)) {
        ++report_.certificates;
        next->add(candidate.loaded,
                  candidate.rank == Rank::fallback  ? Source::fallback
                  : candidate.rank == Rank::ordered ? Source::ordered
                  : candidate.rank == Rank::own     ? Source::own
                                                    : Source::operator_files,
                  now);
    }
    report_.hosts = next->hosts();
    report_.problems = folder_problems_;
    for (const auto& [place, pair] : pairs_) {
        report_.problems.insert(report_.problems.end(), pair.problems.begin(), pair.problems.end());
        if (pair.loaded) {
            expiries.push_back(expiry_of(pair.loaded->certificate.get(), pair.files.certificate));
        }
    }
    keep_soonest(expiries);
    next->set_expiries(std::move(expiries));
    std::shared_ptr<const CertificateSnapshot> old = std::move(next);
    const MutexLock lock(swap_);
    snapshot_.swap(old);  // the old snapshot is destroyed with its last holder, and not under the lock
}

}  // namespace ferrotunnel::transport
