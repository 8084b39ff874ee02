export {
  FacetCategories,
  type ICategory,
  type IFacetCategoriesProps
} from './categories';
export { FacetHistogram, type IFacetHistogramProps } from './histogram';
