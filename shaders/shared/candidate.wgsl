// What the kernels know of the candidates of a batch: a record says in which slot of each layer's masks a candidate's
// mask is, and how large its loss may be; a state, whether the images seen so far have proved the loss to be larger.

const record_limit = 0u; // largest sum of losses, low and high word
const record_slots = 2u; // slot of each layer's mask

const state_words = 8u; // of one state
const state_low = 0u; // sum of losses
const state_high = 1u;
const state_correct = 2u; // images classified right
const state_images = 3u; // images seen
const state_stopped = 4u; // 1 once the sum is above the limit

fn state_at(candidate: u32, word: u32) -> u32 {
  return candidate * state_words + word;
}
