// The candidates of a batch. The host writes a candidate's record: the limit of its sum of losses, and the slots of its
// masks. Kernels update its state: the sums over the images seen so far, and whether they are above the limit.

const record_limit = 0u; // limit of the sum of losses: low and high word, fixed point
const record_slots = 2u; // [mask] slot of each of the network's masks

const state_words = 8u; // words of one state
const state_low = 0u; // sum of losses: low word, fixed point
const state_high = 1u; // and high word
const state_correct = 2u; // images classified correctly
const state_images = 3u; // images seen
const state_stopped = 4u; // 1 once the sum is above the limit

fn state_at(candidate: u32, word: u32) -> u32 {
  return candidate * state_words + word;
}
