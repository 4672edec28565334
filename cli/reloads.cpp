#include "reloads.hpp"

#include <fmt/format.h>

#include "single_mount.hpp"

namespace ferrotunnel::cli {

Reloads::Reloads(Reloader& reloader, ReloadRequests& requests, bool watched, Output& output)
    : reloader_(reloader), requests_(requests) {
    if (!watched || !reloader_.can_be_read_again()) {
        return;
    }
    watch_.emplace();
    watch_->set_files(reloader_.files());
    if (!watch_->why().empty()) {
        output.line(fmt::format("{} can not be watched for changes ({}); SIGHUP makes it be read again",
                                reloader_.file(), watch_->why()));
    } else if (const std::string blind = why_changes_stay_unseen(reloader_.file()); !blind.empty()) {
        output.line(fmt::format("{} {}", reloader_.file(), blind));
    }
}

ReloadReport Reloads::read() {
    ReloadReport report = reloader_.reload();
    if (watch_) {
        watch_->set_files(reloader_.files());
    }
    return report;
}

ReloadReport Reloads::reload(Output& output) {
    ReloadReport report = read();
    told_ = report.line(reloader_.file());
    output.line(told_);
    if (is_replaced_elsewhere(reloader_.file())) {
        output.line(fmt::format("{} {}", reloader_.file(), why_changes_stay_unseen(reloader_.file())));
    }
    return report;
}

void Reloads::look(Output& output) {
    if (requests_.is_asked()) {
        const std::uint64_t asked = requests_.asked();
        requests_.answer(asked, reload(output));
    }
    if (!watch_) {
        return;
    }
    const auto now = ConfigWatch::Clock::now();
    watch_->take(now);
    if (!watch_->take_due(now)) {
        return;
    }
    const ReloadReport report = read();
    std::string line = report.line(reloader_.file());
    const bool is_new = !report.unchanged() && (!report.applied.empty() || line != told_);
    if (is_new) {
        output.line(line);
    }
    told_ = std::move(line);
}

std::optional<std::chrono::milliseconds> Reloads::due_in() const {
    return watch_ ? watch_->due_in(ConfigWatch::Clock::now()) : std::nullopt;
}

}  // namespace ferrotunnel::cli
