// The limit of descriptors, which also limits visitors.
#pragma once

namespace ferrotunnel::cli {

/// Raises the soft limit to the hard one. The soft limit is 1,024 on many systems for the sake of programs that use
/// select(); this one does not.
void raise_descriptor_limit() noexcept;

}  // namespace ferrotunnel::cli
