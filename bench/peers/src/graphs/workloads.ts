/** The networks that whole searches are timed on. */
import { classify, type ImageSet, type Model } from 'masksearch';
import { loadData, loadMnist, loadModel } from 'masksearch/node';
import { fileURLToPath } from 'node:url';
import { randomModel, shadedImages } from '../../../../test/helpers/data/models.ts';
import { PUBLIC_NETWORKS } from '../../../../test/helpers/data/public-networks.ts';
import type { Workload } from '../contestants.ts';

export const WORKLOADS = ['LeNet-5', 'mnist-resnet', 'ResNet-8'] as const;
export type WorkloadName = (typeof WORKLOADS)[number];

/** ResNet-8 has its real shapes, random weights, and images whose labels are what it says of them. */
export async function workload(name: WorkloadName): Promise<Workload> {
  const { search } = await loadMnist();
  switch (name) {
    case 'LeNet-5':
      return { model: await loadModel(), images: search };
    case 'mnist-resnet': {
      const path = fileURLToPath(new URL('../../../../models/mnist-resnet.safetensors', import.meta.url));
      return { model: await loadModel(path), images: search };
    }
    case 'ResNet-8':
      return randomWorkload();
  }
}

/** A model in a file, and the images of its data that a search takes. */
export async function ownWorkload(file: string, data: string): Promise<Workload> {
  const model = await loadModel(file);
  const { search } = await loadData(data, model);
  return { model, images: search };
}

function randomWorkload(): Workload {
  const { network } = PUBLIC_NETWORKS['ResNet-8'];
  const model: Model = randomModel(network, 'ResNet-8');
  const images = shadedImages(network, 1000, 'ResNet-8');
  return { model, images: { ...images, labels: ownLabels(model, images) } };
}

function ownLabels(model: Model, images: ImageSet): Uint8Array {
  return Uint8Array.from(classify(model, images), (probabilities) =>
    Array.from(probabilities).indexOf(Math.max(...probabilities)),
  );
}
