// A body filter that compresses a response.
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

/// All work is done in pull(), within the available room: a failure there cuts the response, whatever the failure
/// policy, while a failure of chunk() on the first piece would send the body unchanged under a head that declares it
/// compressed.
class CompressFilter final : public plugin::BodyFilter {
public:
    /// The filter owns the budget's share.
    CompressFilter(std::unique_ptr<Encoder> encoder, MemoryBudget::Share share);

    void chunk(plugin::Text in, bool last, plugin::Sink& out) override;
    void flush(plugin::Sink& out) override;
    void pull(plugin::Sink& out) override;

private:
    MemoryBudget::Share share_;
    std::unique_ptr<Encoder> encoder_;
    std::string piece_;      // the latest piece
    std::string_view rest_;  // the part that the encoder has not consumed
    Goal goal_ = Goal::take;
    std::size_t held_back_ = 0;  // input since the reader could last read everything
};

/// For responses without a body that only describe it: HEAD.
class NoBodyFilter final : public plugin::BodyFilter {
public:
    void chunk(plugin::Text in, bool, plugin::Sink& out) override { out.write(in); }
};

}  // namespace ferrotunnel::plugins
