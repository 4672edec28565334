#include "audit/verifier.hpp"

#include <utility>

#include "audit/limits.hpp"

namespace ferrotunnel::audit {

void Verifier::begin_file(std::string name) {
    file_ = std::move(name);
    line_ = 0;
}

void Verifier::add(std::string_view line) {
    ++line_;
    const auto link = read_line(line);
    if (!link) {
        add_fragment(line);
        return;
    }
    check_fragment(*link);
    check_link(*link);
    head_ = Head{link->sequence(), hash_of(line)};
    head_place_ = here();
    ++lines_;
    check_known(*link);
}

void Verifier::finish() {
    if (fragment_) {
        fault(fragment_place_, "incomplete line. A killed server leaves one and records it at its next start");
    }
    if (!head_) {
        fault(file_.empty() ? "" : file_ + ": ", "no audit log lines found");
    }
    if (known_ && !known_found_ && head_) {
        fault(head_place_,
              "the known line " + std::to_string(known_->sequence) + " is missing: " +
                  (head_->sequence < known_->sequence ? "the log ends before it, so lines were removed from its end"
                                                      : "the files do not have it, or it was removed"));
    }
}

void Verifier::add_fragment(std::string_view line) {
    if (!fragment_) {
        fragment_place_ = here();
        fragment_.emplace();
    } else {
        *fragment_ += '\n';
    }
    if (fragment_->size() + line.size() <= line_bytes_max) {  // what is longer is noted by no line
        *fragment_ += line;
    }
}

void Verifier::check_fragment(const Link& link) {
    const std::optional<Fragment> noted = fragment_in(link.body);
    const std::optional<std::string> fragment = std::exchange(fragment_, std::nullopt);
    if (!fragment) {
        if (noted && head_) {
            fault(here(), "the incomplete line that this line notes was removed");
        }
        return;
    }
    if (noted && *noted == fragment_of(*fragment)) {
        note(fragment_place_, "incomplete, as a crash or a full disk leaves a line; line " +
                                  std::to_string(link.sequence()) + " of the chain notes it");
        return;
    }
    fault(fragment_place_, "not a line of an audit log: inserted or changed");
}

void Verifier::check_link(const Link& link) {
    const std::uint64_t sequence = link.sequence();
    if (!head_) {
        if (sequence != 1) {
            note(here(), "the chain begins with line " + std::to_string(sequence) + ": earlier lines are not checked");
        } else if (link.before != Head()) {
            fault(here(), "the first line of a chain names a line before it");
        }
        return;
    }
    if (sequence == 1) {
        fault(here(), "another chain begins here, after line " + std::to_string(head_->sequence) +
                          ": the log was removed, or the file was moved while no server ran");
    } else if (sequence > head_->sequence + 1) {
        const std::string first = std::to_string(head_->sequence + 1);
        fault(here(), link.before.sequence == head_->sequence + 1
                          ? "line " + first + " of the chain is missing before this one"
                          : "lines " + first + " to " + std::to_string(sequence - 1) +
                                " of the chain are missing before this one");
    } else if (sequence <= head_->sequence) {
        fault(here(), "line " + std::to_string(sequence) + " of the chain follows line " +
                          std::to_string(head_->sequence) + ": inserted, repeated or moved");
    } else if (link.before.hash != head_->hash) {
        fault(head_place_, "changed: line " + std::to_string(sequence) + " of the chain has a different hash for it");
    }
}

void Verifier::check_known(const Link& link) {
    if (known_ && known_->sequence == link.sequence()) {
        known_found_ = true;
        if (known_->hash != head_->hash) {
            fault(here(), "not the known line " + std::to_string(known_->sequence) +
                              ": the log from here on, or before, was written again");
        }
    }
}

void Verifier::fault(const std::string& place, std::string text) {
    if (faults_.size() == faults_max) {
        ++faults_left_off_;
        return;
    }
    faults_.push_back(place + std::move(text));
}

void Verifier::note(const std::string& place, const std::string& text) {
    if (notes_.size() < faults_max) {
        notes_.push_back(place + text);
    }
}

}  // namespace ferrotunnel::audit
