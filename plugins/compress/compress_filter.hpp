// The body of an answer on its way through an encoder.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "compress/encoder.hpp"
#include "compress/memory_budget.hpp"
#include "ferrotunnel/plugin.hpp"

namespace ferrotunnel::plugins {

/// All work is done in pull(), within the room that there is: a failure there cuts the answer, whatever the failure
/// policy, while one of chunk() on the first piece would send the body as it is under a head that says that it is
/// compressed.
class CompressFilter final : public plugin::BodyFilter {
public:
    /// The budget's share goes with the filter.
    CompressFilter(std::unique_ptr<Encoder> encoder, MemoryBudget::Share share);

    void chunk(plugin::Text in, bool last, plugin::Sink& out) override;
    void flush(plugin::Sink& out) override;
    void pull(plugin::Sink& out) override;

private:
    MemoryBudget::Share share_;
    std::unique_ptr<Encoder> encoder_;
    std::string piece_;      // the piece that came last
    std::string_view rest_;  // what the encoder has not taken of it
    Goal goal_ = Goal::take;
    std::size_t held_back_ = 0;  // what it has taken since a reader could read all
};

/// For answers that say what a body would be like, and have none: HEAD.
class NoBodyFilter final : public plugin::BodyFilter {
public:
    void chunk(plugin::Text in, bool, plugin::Sink& out) override { out.write(in); }
};

}  // namespace ferrotunnel::plugins
